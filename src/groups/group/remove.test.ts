import { describe, expect, it } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import type { ReservedNumbers } from '#api/glidein-group-status.ts';
import { Deaths } from '#backend/deaths.ts';
import { phaseOf, type RuntimeState } from '#fleet/phase.ts';
import type { Plan } from '#fleet/plan.ts';
import { DemandRecord, type PoolDemand } from '#fleet/pool-demand.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { askedNow, knownFor, pilotSupply, poolAnswer, unknownDemand } from '#testing/pool-answers.ts';
import type { GroupResource } from '../cluster/resources.ts';
import { PilotHistory } from '../pilots/history.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import { removalsOf as allRemovals, isStillRight } from './remove.ts';

const noPlan: Plan = { create: 0, release: [], remove: [], limits: [], reason: '' };
const nothing = { next: 99, ranges: [] };

function world(spec: object = {}) {
  const clock = new ManualClock();
  const deaths = new Deaths();
  const current = {
    group: { metadata: { name: 'g' } } as GroupResource,
    spec: glideinGroupSpec.parse({
      poolRef: { name: 'p' },
      replicas: 1,
      pilot: { cpus: 1, memory: '1Gi' },
      ...spec,
    }),
  };
  const history = new PilotHistory();
  const removalsOf = (
    pilots: readonly GroupPilot[],
    plan: Plan,
    reserved: ReservedNumbers,
    digest: string | undefined,
  ) =>
    allRemovals(current, pilots, plan, reserved, digest, {
      history,
      reported: new Map(),
      deaths,
      now: clock.monotonic(),
    });
  return { removalsOf, clock, deaths };
}

function pilot(
  number: number,
  runtime: RuntimeState,
  forMilliseconds = 0,
  pod: object = {},
  demand: PoolDemand = unknownDemand,
): GroupPilot {
  const name = `g-${number}`;
  const observed = {
    uid: `u${number}`,
    name,
    runtime,
    registered: undefined,
    forMilliseconds,
    demand,
  };
  return {
    ...observed,
    phase: phaseOf(observed),
    everRegistered: false,
    pool: 'ns/p',
    pod: { metadata: { name }, ...pod } as GroupPilot['pod'],
  };
}

const ended = (number: number, failed: boolean, forMilliseconds: number, pod: object = {}): GroupPilot =>
  pilot(number, { state: 'Ended', failed, reason: 'r' }, forMilliseconds, pod);

const names = (removals: ReturnType<typeof allRemovals>): string[] => removals.map((each) => each.pilot.name);

const dead = {
  status: { containerStatuses: [{ name: 'pilot', state: { terminated: { exitCode: 0 } } }] },
};

describe('removalsOf', () => {
  it('a pod that has ended stays for a minute, and until its pool knows of the end', () => {
    const { removalsOf, deaths } = world();
    const pilots = [ended(1, false, 59_000), ended(2, false, 61_000), ended(3, false, 61_000, dead)];
    expect(names(removalsOf(pilots, noPlan, nothing, undefined))).toEqual(['g-2']);
    deaths.note('u3', 'ns/p', 'dead');
    deaths.told('u3');
    expect(names(removalsOf(pilots, noPlan, nothing, undefined))).toEqual(['g-2', 'g-3']);
    const old = ended(4, false, 601_000, dead);
    expect(names(removalsOf([old], noPlan, nothing, undefined))).toEqual(['g-4']);
  });

  it('the five newest failed pods stay for an hour', () => {
    const { removalsOf } = world();
    const pilots = [1, 2, 3, 4, 5, 6, 7].map((number) => ended(number, true, number * 600_000));
    expect(names(removalsOf(pilots, noPlan, nothing, undefined))).toEqual(['g-6', 'g-7']);
    const hours = ended(9, true, 3_600_001);
    expect(names(removalsOf([hours], noPlan, nothing, undefined))).toEqual(['g-9']);
  });

  it('a pod whose number is still reserved is never removed', () => {
    const { removalsOf } = world();
    const reserved = { next: 9, ranges: [{ from: 2, to: 3 }] };
    const pilots = [ended(2, false, 99_000), ended(4, false, 99_000)];
    expect(names(removalsOf(pilots, noPlan, reserved, undefined))).toEqual(['g-4']);
  });

  it('a pilot with a start error is removed after the rule’s grace, and counted when the rule says Fail', () => {
    const { removalsOf, clock } = world();
    const broken = (number: number, reason: string, message: string) =>
      pilot(
        number,
        { state: 'Pulling' },
        0,
        { status: { containerStatuses: [{ name: 'pilot', state: { waiting: { reason, message } } }] } },
        knownFor(1),
      );
    const pilots = [broken(1, 'ErrImagePull', 'not found'), broken(2, 'ErrImagePull', 'i/o timeout')];
    expect(removalsOf(pilots, noPlan, nothing, undefined)).toEqual([]);
    clock.advance(60_000);
    expect(removalsOf(pilots, noPlan, nothing, undefined)).toMatchObject([
      { pilot: { name: 'g-1' }, failed: true, byForce: false },
    ]);
    clock.advance(540_000);
    const [, second] = removalsOf(pilots, noPlan, nothing, undefined);
    expect(second).toMatchObject({ pilot: { name: 'g-2' }, failed: false });
  });

  it('only a pod that did not end when told is deleted by force', () => {
    const { removalsOf } = world();
    const pilots = [
      pilot(1, { state: 'Terminating' }),
      pilot(2, { state: 'Running' }),
      pilot(3, { state: 'Unscheduled' }),
    ];
    const demand = knownFor(1);
    const witness = demand.known ? demand : undefined;
    const witnesses = [witness, witness, undefined];
    const remove = pilots.map(({ uid }, index) => ({ uid, reason: 'late', witness: witnesses[index] }));
    expect(removalsOf(pilots, { ...noPlan, remove }, nothing, undefined)).toMatchObject([
      { byForce: true, failed: false },
      { byForce: false, failed: true },
      { byForce: false, failed: false },
    ]);
  });

  it('pods without a node are removed when their group is suspended or has changed', () => {
    const waiting = pilot(1, { state: 'Unscheduled' }, 0, {
      metadata: { name: 'g-1', annotations: { 'glidein.dev/digest': 'old' } },
    });
    const running = pilot(2, { state: 'Running' }, 0, waiting.pod);
    const { removalsOf } = world();
    expect(names(removalsOf([waiting, running], noPlan, nothing, 'new'))).toEqual(['g-1']);
    expect(names(removalsOf([waiting], noPlan, nothing, 'old'))).toEqual([]);
    const suspended = world({ suspend: true });
    expect(names(suspended.removalsOf([waiting, running], noPlan, nothing, 'old'))).toEqual(['g-1']);
  });

  it('a pilot that may be working is not removed until its pool says that it never registered', () => {
    const { removalsOf } = world();
    const working = pilot(1, { state: 'Running' });
    const remove = [{ uid: working.uid, reason: 'late', witness: undefined }];
    expect(removalsOf([working], { ...noPlan, remove }, nothing, undefined)).toEqual([]);
  });

  it('a removal is not carried out once the pool’s answer is too old', () => {
    const { removalsOf } = world();
    const clock = new ManualClock();
    const record = new DemandRecord(clock);
    const late = pilot(1, { state: 'Running' });
    record.answered(poolAnswer(), askedNow(clock));
    clock.advance(60_000);
    record.answered(poolAnswer(pilotSupply('other', 'g', 'Busy')), askedNow(clock));
    const witness = record.look();
    if (!witness.known) throw new Error('the pool has just answered');
    const remove = [{ uid: late.uid, reason: 'late', witness }];
    const [removal] = removalsOf([late], { ...noPlan, remove }, nothing, undefined);
    expect(removal && isStillRight(removal)).toBe(true);
    clock.advance(90_000);
    expect(removal && isStillRight(removal)).toBe(false);
  });

  it('a working pilot is not removed because of an old status from its kubelet', () => {
    const { removalsOf } = world();
    const invalid = { name: 'pilot', state: { waiting: { reason: 'InvalidImageName' } } };
    const at = (state: 'Unscheduled' | 'Pulling' | 'Starting', registered: 'Busy' | undefined) => {
      const seen = pilot(1, { state }, 0, { status: { containerStatuses: [invalid] } });
      const busy = { ...seen, registered, everRegistered: registered !== undefined };
      return { ...busy, phase: phaseOf(busy) };
    };
    for (const state of ['Unscheduled', 'Pulling', 'Starting'] as const) {
      const remove = [{ uid: 'u1', reason: 'late', witness: undefined }];
      const removed = (each: GroupPilot) => names(removalsOf([each], { ...noPlan, remove }, nothing, 'new'));
      expect([state, removed(at(state, 'Busy'))]).toEqual([state, []]);
      // Nobody knows whether it is at work while its pool does not answer.
      if (state !== 'Unscheduled') expect([state, removed(at(state, undefined))]).toEqual([state, []]);
    }
  });

  it('a removal is not carried out when the pilot has registered in the meantime', () => {
    const { removalsOf } = world();
    const witness = knownFor(1, pilotSupply('u1', 'g', 'Busy'));
    if (!witness.known) throw new Error('the pool has just answered');
    const remove = [{ uid: 'u1', reason: 'late', witness }];
    const [removal] = removalsOf([pilot(1, { state: 'Pulling' })], { ...noPlan, remove }, nothing, '');
    expect(removal && isStillRight(removal)).toBe(false);
  });

  it('the pod of a pilot that its pool still knows is kept, because it alone can prove the death', () => {
    const { removalsOf } = world();
    const lost = ended(1, true, 3_700_000, { status: { phase: 'Failed', reason: 'NodeLost' } });
    const known = { ...lost, registered: 'Busy' as const, everRegistered: true };
    expect(names(removalsOf([lost], noPlan, nothing, undefined))).toEqual(['g-1']);
    expect(names(removalsOf([known], noPlan, nothing, undefined))).toEqual([]);
  });
});
