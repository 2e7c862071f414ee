import { describe, expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import type { GroupPilot } from './observe.ts';
import { StartUps } from './start-up.ts';

const begin = Date.parse('2026-01-01T12:00:00Z');
const at = (seconds: number) => new Date(begin + seconds * 1000).toISOString();

const pilot = (registered?: GroupPilot['registered'], more: object = {}): GroupPilot =>
  ({
    uid: 'u',
    registered,
    runtime: { state: 'Running' },
    pod: {
      metadata: { name: 'p', creationTimestamp: at(0) },
      status: {
        conditions: [
          { type: 'PodScheduled', status: 'True', lastTransitionTime: at(2) },
          { type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: at(3) },
        ],
        containerStatuses: [{ name: 'pilot', state: { running: { startedAt: at(10) } } }],
      },
    },
    ...more,
  }) as unknown as GroupPilot;

describe('the start of a pilot', () => {
  test('is told step by step once it has registered, and its first job later', () => {
    const clock = new ManualClock(begin);
    const starts = new StartUps();
    expect(starts.look(pilot(), clock)).toEqual([]);
    clock.advance(14_000);
    expect(starts.look(pilot('Idle'), clock)).toEqual([
      { step: 'Scheduled', seconds: 2 },
      { step: 'Prepared', seconds: 1 },
      { step: 'Pulled', seconds: 7 },
      { step: 'Registered', seconds: 4 },
    ]);
    clock.advance(6_000);
    expect(starts.look(pilot('Idle'), clock)).toEqual([]);
    expect(starts.look(pilot('Busy'), clock)).toEqual([{ step: 'Claimed', seconds: 6 }]);
    expect(starts.look(pilot('Busy'), clock)).toEqual([]);
  });

  test('is told at once if it has a job when it is first seen to have registered', () => {
    const clock = new ManualClock(begin + 14_000);
    const starts = new StartUps();
    starts.look(pilot(), clock);
    expect(starts.look(pilot('Busy'), clock).map(({ step }) => step)).toEqual([
      'Scheduled',
      'Prepared',
      'Pulled',
      'Registered',
      'Claimed',
    ]);
  });

  test('is not told of a pilot that had registered before anybody looked', () => {
    const starts = new StartUps();
    expect(starts.look(pilot('Idle'), new ManualClock(begin))).toEqual([]);
    expect(starts.look(pilot('Busy'), new ManualClock(begin))).toEqual([]);
  });

  test('leaves out a step whose end the pod does not tell, and counts its time to the next', () => {
    const clock = new ManualClock(begin + 14_000);
    const starts = new StartUps();
    const bare = pilot('Idle');
    const status = { ...bare.pod.status, conditions: bare.pod.status?.conditions?.slice(0, 1) };
    starts.look(pilot(), clock);
    expect(starts.look({ ...bare, pod: { ...bare.pod, status } } as GroupPilot, clock)).toContainEqual({
      step: 'Pulled',
      seconds: 8,
    });
  });

  test('is forgotten with the pod', () => {
    const starts = new StartUps();
    starts.look(pilot(), new ManualClock(begin));
    starts.keepOnly(new Set());
    expect(starts.look(pilot('Idle'), new ManualClock(begin))).toEqual([]);
  });
});
