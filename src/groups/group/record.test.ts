import { describe, expect, it } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import type { PoolDemand } from '#fleet/pool-demand.ts';
import type { Pod } from '#kube/resource.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { knownFor, pilotSupply, unknownDemand } from '#testing/pool-answers.ts';
import { GroupMemory } from '../pilots/group-memory.ts';
import { observe } from '../pilots/observe.ts';
import type { GroupContext } from './context.ts';
import { learn } from './record.ts';

const silent = unknownDemand;

const hearing = (...uids: string[]): PoolDemand =>
  knownFor(1, ...uids.map((uid) => pilotSupply(uid, 'g', 'Idle')));

function world() {
  const clock = new ManualClock();
  const memory = new GroupMemory();
  const failures: string[] = [];
  const context = {
    group: { metadata: { name: 'g', namespace: 'ns' } },
    spec: glideinGroupSpec.parse({
      poolRef: { name: 'p' },
      replicas: 1,
      pilot: { cpus: 1, memory: '1Gi' },
    }),
    memory,
    poolName: 'ns/p',
    logger: { info: () => {} },
    parts: {
      clock,
      recorder: {
        record: (_kind: unknown, _object: unknown, { note }: { note: string }) => failures.push(note),
      },
      groupMetrics: { failed: () => {}, lost: () => {} },
    },
  } as unknown as GroupContext;
  const observed = (heard: PoolDemand, ...pods: Pod[]) =>
    observe(pods, { poolName: 'ns/p', poolOf: () => 'ns/p', heardOf: () => heard, memory, clock });
  const look = (heard: PoolDemand, ...pods: Pod[]) => learn(context, observed(heard, ...pods));
  const at = (secondsAgo: number) => new Date(clock.wall() - secondsAgo * 1000).toISOString();
  const pod = (uid: string, state: object, phase = 'Running'): Pod =>
    ({
      metadata: { name: uid, uid, creationTimestamp: at(9000) },
      status: { phase, containerStatuses: [{ name: 'pilot', state }] },
    }) as unknown as Pod;
  const running = (uid: string, secondsAgo: number) => pod(uid, { running: { startedAt: at(secondsAgo) } });
  const ended = (uid: string, exitCode: number, secondsAgo: number, lasted = 5) => {
    const terminated = {
      exitCode,
      finishedAt: at(secondsAgo),
      startedAt: at(secondsAgo + lasted),
      message: 'why',
    };
    return pod(uid, { terminated }, exitCode === 0 ? 'Succeeded' : 'Failed');
  };
  return { memory, failures, look, observed, running, ended };
}

const failed = (memory: GroupMemory): boolean[] => memory.outcomes.all.map((each) => each.failed);

describe('learn', () => {
  it('counts a pilot that failed before it registered, once', () => {
    const { memory, look, ended, failures } = world();
    look(silent, ended('a', 9, 10));
    look(silent, ended('a', 9, 10));
    expect(failed(memory)).toEqual([true]);
    expect(memory.lastFailure).toBe('a: why (exit code 9)');
    expect(failures).toEqual(['A pilot failed: a: why (exit code 9)']);
  });

  it('does not blame the group for a pilot that had registered', () => {
    const { memory, look, running, ended } = world();
    look(hearing('a'), running('a', 100));
    look(hearing(), ended('a', 137, 1));
    expect(failed(memory)).toEqual([]);
    expect(memory.lastFailure).toContain('exit code 137');
  });

  it('finds in the pods what an earlier life knew, in the order of time', () => {
    const { memory, look, running, ended } = world();
    look(hearing('new'), ended('c', 9, 10), running('new', 50), ended('a', 9, 100), ended('b', 9, 20));
    expect(failed(memory)).toEqual([true, true]);
    const [first, second] = memory.outcomes.all;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(10_000);
  });

  it('takes a pilot that ran for longer than it may be unregistered for one that registered', () => {
    const { memory, look, ended } = world();
    look(silent, ended('a', 137, 10, 3600));
    expect(failed(memory)).toEqual([]);
  });

  it('forgets pods that are gone', () => {
    const { memory, look, running } = world();
    look(hearing('a'), running('a', 10));
    look(silent);
    expect(memory.counted.size + memory.registeredAt.size).toBe(0);
  });

  it('looking at pilots remembers nothing of them', () => {
    const { memory, observed, running } = world();
    expect(observed(hearing('a'), running('a', 10))[0]?.everRegistered).toBe(true);
    expect(memory.registeredAt.size).toBe(0);
  });
});
