import { describe, expect, it } from 'vitest';
import { groupOf, jobsOf, known, pilotOf, policyOf } from '#testing/pressure-world.ts';
import type { Decision } from './decision.ts';
import type { Demand, GroupSupply } from './demand.ts';
import { pressure } from './pressure.ts';

const decide = (
  demand: Demand,
  groups: readonly GroupSupply[],
  policy: Record<string, unknown> = {},
  previous?: Decision,
): Decision => pressure(demand, groups, policyOf(policy), previous);

const adds = (decision: Decision) =>
  Object.fromEntries(decision.groups.map(({ group, add }) => [group, add]));
const reasonOf = (decision: Decision, group = 'hello') =>
  decision.groups.find((each) => each.group === group)?.reason;

const hello = groupOf('hello', { cpus: 4 });

describe('waiting jobs', () => {
  it('jobs are packed into as few new pilots as can hold them', () => {
    const decision = decide(known([jobsOf(9, { cpus: 1 })]), [hello]);
    expect(decision.groups).toEqual([
      { group: 'hello', wanted: 3, add: 3, release: [], limits: [], reason: '9 jobs wait: 3 more pilots' },
    ]);
    expect(decision.waiting).toBe(9);
  });

  it('free slots and starting pilots are used before new pilots', () => {
    const pilots = [pilotOf('a', 'hello', 'Busy', { cpus: 2 })];
    const decision = decide(known([jobsOf(9, { cpus: 1 })], pilots), [{ ...hello, starting: 1 }]);
    expect(decision.groups[0]).toMatchObject({
      add: 1,
      wanted: 3,
      reason: '9 jobs wait, 2 fit into free slots, 4 fit into starting pilots: 1 more pilot',
    });
  });

  it('free slots of other sites count, although their pilots belong to no group here', () => {
    const pilots = [pilotOf('a', undefined, 'Idle', { cpus: 2 })];
    const decision = decide(known([jobsOf(3, { cpus: 1 })], pilots), [hello], { removal: { wait: 1 } });
    expect(decision.groups[0]).toMatchObject({ add: 1, wanted: 1, release: [] });
    const quiet = decide(known([], pilots), [hello], { removal: { wait: 1 } });
    expect(quiet.groups[0]).toMatchObject({ wanted: 0, release: [] });
  });

  it('draining pilots are not supply, but count towards maxPilots', () => {
    const pilots = [1, 2].map((n) => pilotOf(`d${n}`, 'hello', 'Draining', { cpus: 4 }));
    const group = groupOf('hello', { cpus: 4 }, { limits: { maxPilots: 3 } });
    const decision = decide(known([jobsOf(8, { cpus: 1 })], pilots), [group]);
    expect(decision.groups[0]).toMatchObject({
      add: 1,
      wanted: 1,
      limits: [{ name: 'limits.maxPilots', value: 3, count: 1 }],
      reason: '8 jobs wait: 1 more pilot, held back by limits.maxPilots (3)',
    });
  });

  it('jobs that are hardest to place come first, so that small jobs fill the gaps', () => {
    const waiting = [
      jobsOf(4, { cpus: 1 }, { id: 1 }),
      jobsOf(1, { cpus: 4 }, { id: 2 }),
      jobsOf(1, { cpus: 3 }, { id: 3 }),
    ];
    // 4 | 3 + 1 | 1 1 1
    expect(adds(decide(known(waiting), [hello]))).toEqual({ hello: 3 });
  });

  it('jobs are packed by the scarcest resource, whichever it is', () => {
    const memory = [jobsOf(4, { cpus: 1, memory: 2048 })];
    expect(adds(decide(known(memory), [hello]))).toEqual({ hello: 2 });
    const gpu = groupOf('gpu', { cpus: 8, gpus: 1 });
    expect(adds(decide(known([jobsOf(3, { cpus: 1, gpus: 1 })]), [gpu, hello]))).toEqual({
      gpu: 3,
      hello: 0,
    });
  });

  it('groups of equal rank share evenly, and take over when one is full', () => {
    const groups = [
      groupOf('a', { cpus: 1 }),
      groupOf('b', { cpus: 1 }),
      groupOf('c', { cpus: 1 }, { limits: { maxPending: 1 } }),
    ];
    expect(adds(decide(known([jobsOf(9, { cpus: 1 })]), groups))).toEqual({ a: 4, b: 4, c: 1 });
  });

  it('groups of higher rank are filled first', () => {
    const groups = [
      groupOf('cloud', { cpus: 1 }, { texts: { Cost: '5' } }),
      groupOf('own', { cpus: 1 }, { texts: { Cost: '1' }, limits: { maxPilots: 3 } }),
    ];
    const policy = { groupOrder: { mode: 'Rank', rank: '0 - Cost' } };
    expect(adds(decide(known([jobsOf(5, { cpus: 1 })]), groups, policy))).toEqual({ cloud: 2, own: 3 });
    expect(adds(decide(known([jobsOf(5, { cpus: 1 })]), groups, { ...policy, maxPilots: 4 }))).toEqual({
      cloud: 1,
      own: 3,
    });
  });

  it('only jobs that match the constraint of the policy are counted', () => {
    const waiting = [
      jobsOf(4, { cpus: 4 }, { id: 1, texts: { Owner: '"alice"' } }),
      jobsOf(2, { cpus: 4 }, { id: 2, texts: { Owner: '"bob"' } }),
    ];
    const decision = decide(known(waiting), [hello], { jobs: 'Owner == "bob"' });
    expect(decision.waiting).toBe(2);
    expect(adds(decision)).toEqual({ hello: 2 });
    expect(reasonOf(decide(known(waiting), [hello], { jobs: 'Owner == "eve"' }))).toBe(
      'Jobs wait, but none that the policy counts: no more pilots',
    );
    expect(reasonOf(decide(known([]), [hello], { jobs: 'Owner == "eve"' }))).toBe(
      'No job waits: no more pilots',
    );
  });

  it('a request that depends on the slot is evaluated for each slot', () => {
    const half = jobsOf(6, { cpus: 1 }, { texts: { RequestCpus: 'TARGET.Cpus / 2' } });
    // Of four cores, the first job takes 2, the next 1, and the last 1.
    expect(adds(decide(known([half]), [hello]))).toEqual({ hello: 2 });
  });

  it('packing stops where Requirements ask for something to be left', () => {
    const shy = jobsOf(6, { cpus: 1 }, { texts: { Requirements: 'TARGET.Cpus >= 2' } });
    expect(adds(decide(known([shy]), [hello]))).toEqual({ hello: 2 });
  });

  it('the start expression of pilots decides which jobs fit', () => {
    const picky = groupOf('hello', { cpus: 4 }, { texts: { Start: 'TARGET.Owner =?= "alice"' } });
    const waiting = [
      jobsOf(1, { cpus: 1 }, { id: 1, texts: { Owner: '"alice"' } }),
      jobsOf(1, { cpus: 1 }, { id: 2, texts: { Owner: '"bob"' } }),
    ];
    const decision = decide(known(waiting), [picky]);
    expect(adds(decision)).toEqual({ hello: 1 });
    expect(decision.unrunnable).toEqual([
      { id: 2, count: 1, reason: expect.stringContaining('TARGET.Owner is "alice", which is not true') },
    ]);
  });
});

describe('expressions without an end', () => {
  const circle = { n: '{n.n, [A = "x + 1"]}' };
  const doubling = Object.fromEntries(
    Array.from({ length: 30 }, (_, at) => [`a${at}`, `a${at + 1} + a${at + 1}`]),
  );

  it.each(['Requirements', 'Rank', 'RequestCpus', 'RequestMemory'])(
    'an endless expression as the %s of one job keeps no pilot from another',
    (name) => {
      const bad = jobsOf(
        5,
        { cpus: 1 },
        { id: 1, texts: { ...circle, [name]: 'isUndefined(n.Cpus) ? 1 : 2' } },
      );
      const heavy = jobsOf(5, { cpus: 1 }, { id: 2, texts: { ...doubling, a30: '1', [name]: 'a0' } });
      const decision = decide(known([bad, heavy, jobsOf(4, { cpus: 1 }, { id: 3 })]), [hello]);
      expect(decision.groups[0]?.add).toBeGreaterThanOrEqual(1);
      expect(decision.waiting).toBe(14);
    },
  );

  it('a job whose expression takes too long is named, and no other', () => {
    const heavy = jobsOf(
      5,
      { cpus: 1 },
      { id: 2, texts: { ...doubling, a30: 'TARGET.Cpus', Requirements: 'a0 > 0' } },
    );
    const decision = decide(known([heavy, jobsOf(4, { cpus: 1 }, { id: 3 })]), [hello]);
    expect(adds(decision)).toEqual({ hello: 1 });
    expect(decision.unrunnable).toEqual([
      { id: 2, count: 5, reason: 'its expressions take too long to evaluate' },
    ]);
  });

  it('an endless expression in an attribute that a policy reads affects only its own job', () => {
    const bad = jobsOf(5, { cpus: 1 }, { id: 1, texts: { ...circle, Kind: 'n.Cpus' } });
    const good = jobsOf(4, { cpus: 1 }, { id: 2, texts: { Kind: '"good"' } });
    expect(adds(decide(known([bad, good]), [hello], { jobs: 'Kind == "good"' }))).toEqual({ hello: 1 });
    const picky = groupOf('picky', { cpus: 4 }, { texts: { Start: 'TARGET.Kind == "good"' } });
    expect(adds(decide(known([bad, good]), [picky]))).toEqual({ picky: 1 });
  });
});

describe('the time', () => {
  const waiting = [jobsOf(4, { cpus: 1 }, { texts: { Requirements: 'time() > 1000' } })];

  it('time() is the pool’s time, so that a job whose expressions read it gets its pilot', () => {
    const at = (time: number | undefined): Demand => ({
      known: true,
      autoclusters: waiting,
      pilots: [],
      time,
    });
    expect(adds(decide(at(2000), [hello]))).toEqual({ hello: 1 });
    expect(adds(decide(at(500), [hello]))).toEqual({ hello: 0 });
    expect(adds(decide(at(undefined), [hello]))).toEqual({ hello: 0 });
    expect(adds(decide(at(2000), [hello], { jobs: 'time() < 1000' }))).toEqual({ hello: 0 });
  });
});

describe('jobs that no group can run', () => {
  it('a job that no group can run is named in the decision, with the reason', () => {
    const decision = decide(known([jobsOf(1, { cpus: 64 })]), [hello]);
    expect(reasonOf(decision)).toBe(
      '1 job waits: no more pilots. 1 job fits no group: hello: the job asks for 64 cores, a fresh pilot has 4 cores',
    );
    expect(decision.unrunnable).toEqual([
      { id: 1, count: 1, reason: 'hello: the job asks for 64 cores, a fresh pilot has 4 cores' },
    ]);
  });

  it('the decision names the clause that no pilot satisfies', () => {
    const texts = { Requirements: 'TARGET.Cpus >= RequestCpus && (TARGET.HasCvmfs && TARGET.Memory > 0)' };
    expect(reasonOf(decide(known([jobsOf(2, { cpus: 1 }, { texts })]), [hello]))).toContain(
      '2 jobs fit no group: hello: the Requirements of the job need TARGET.HasCvmfs, which reads something that is not defined here',
    );
  });

  it('groups with the same reason are named together, and the most common reason is given', () => {
    const groups = Array.from({ length: 12 }, (_, n) => groupOf(`g${n}`, { cpus: 4 }));
    const waiting = [jobsOf(3, { cpus: 64 }, { id: 1 }), jobsOf(1, { cpus: 1, gpus: 1 }, { id: 2 })];
    expect(reasonOf(decide(known(waiting), groups), 'g0')).toBe(
      '4 jobs wait: no more pilots. 3 jobs fit no group: g0, g1, g2 and 9 more: the job asks for 64 cores, a fresh pilot has 4 cores; 1 more fit none for other reasons',
    );
  });

  it('the decision says so if there is no group at all', () => {
    expect(decide(known([jobsOf(1, { cpus: 1 })]), []).unrunnable[0]?.reason).toBe('there is no group');
  });

  it('the sentence of a decision stays short, however long the expressions are', () => {
    const Requirements = Array.from({ length: 500 }, (_, n) => `TARGET.Attribute${n} == "☃"`).join(' || ');
    const decision = decide(known([jobsOf(1, { cpus: 1 }, { texts: { Requirements } })]), [hello]);
    expect(reasonOf(decision)?.length).toBeLessThanOrEqual(360);
  });

  it('a job that can run on a pilot of another site does not count as impossible', () => {
    const big = pilotOf('big', undefined, 'Idle', { cpus: 64 });
    expect(decide(known([jobsOf(1, { cpus: 64 })], [big]), [hello]).unrunnable).toEqual([]);
  });
});

describe('limits', () => {
  it('a decision names the tightest limit, its value, and how many pilots it costs', () => {
    const group = groupOf('hello', { cpus: 4 }, { limits: { maxPending: 2 } });
    const decision = decide(known([jobsOf(40, { cpus: 1 })]), [group]);
    expect(decision.groups[0]?.limits).toEqual([{ name: 'limits.maxPending', value: 2, count: 8 }]);
  });

  it('no pilots are created while too many are idle', () => {
    const group = groupOf('hello', { cpus: 4 }, { limits: { maxIdle: 1 } });
    const decision = decide(known([jobsOf(1, { cpus: 4 })], [pilotOf('a', 'hello', 'Idle', { cpus: 2 })]), [
      group,
    ]);
    expect(decision.groups[0]).toMatchObject({
      add: 0,
      limits: [{ name: 'limits.maxIdle', value: 1, count: 1 }],
    });
  });

  it('a group grows no faster than the ramp', () => {
    const waiting = [jobsOf(40, { cpus: 4 })];
    expect(decide(known(waiting), [hello], { ramp: { maxPerStep: 3 } }).groups[0]).toMatchObject({
      add: 3,
      limits: [{ name: 'ramp.maxPerStep', value: 3, count: 37 }],
    });
    expect(decide(known(waiting), [hello], { ramp: { fraction: 0.25 } }).groups[0]).toMatchObject({
      add: 10,
      limits: [{ name: 'ramp.fraction', value: 0.25, count: 30 }],
    });
    expect(adds(decide(known([jobsOf(1, { cpus: 4 })]), [hello], { ramp: { fraction: 0.01 } }))).toEqual({
      hello: 1,
    });
  });

  it('the policy’s maxPilots holds, whichever pilots exist already', () => {
    const groups = [groupOf('a', { cpus: 1 }), groupOf('b', { cpus: 1 }, { starting: 1 })];
    const pilots = [pilotOf('x', 'a', 'Busy', { cpus: 0 }), pilotOf('y', 'a', 'Draining', { cpus: 1 })];
    const decision = decide(known([jobsOf(9, { cpus: 1 })], pilots), groups, { maxPilots: 6 });
    const added = Object.values(adds(decision)).reduce((sum, add) => sum + add, 0);
    expect(added).toBe(3);
    expect(decision.groups[0]?.limits[0]).toMatchObject({ name: 'maxPilots', value: 6 });
  });

  it('a suspended group gets no pilots and releases its own, and other groups take over', () => {
    const groups = [groupOf('a', { cpus: 1 }, { suspended: true }), groupOf('b', { cpus: 1 })];
    const pilots = [pilotOf('x', 'a', 'Idle', { cpus: 1 }), pilotOf('y', 'a', 'Busy', { cpus: 0 })];
    const decision = decide(known([jobsOf(1, { cpus: 1 })], pilots), groups);
    expect(decision.groups).toMatchObject([
      {
        wanted: 0,
        add: 0,
        release: ['x', 'y'],
        reason: '1 job waits: the group is suspended, 2 pilots are to leave',
      },
      { wanted: 1, add: 1 },
    ]);
    const alone = decide(known([jobsOf(1, { cpus: 1 })]), groups.slice(0, 1));
    expect(alone.unrunnable).toEqual([]);
    expect(alone.groups[0]?.limits).toEqual([{ name: 'suspend', value: 0, count: 1 }]);
  });
});

describe('the reserve', () => {
  it('every group keeps its reserve idle, on top of what jobs need', () => {
    expect(adds(decide(known([jobsOf(4, { cpus: 1 })]), [hello], { reserve: 2 }))).toEqual({ hello: 3 });
  });

  it('starting pilots that no job needs count towards the reserve', () => {
    const waiting = [jobsOf(4, { cpus: 1 })];
    expect(adds(decide(known(waiting), [{ ...hello, starting: 3 }], { reserve: 2 }))).toEqual({ hello: 0 });
    expect(adds(decide(known(waiting), [{ ...hello, starting: 2 }], { reserve: 2 }))).toEqual({ hello: 1 });
  });

  it('the reserve never exceeds the limits, and the decision names the limit', () => {
    const group = groupOf('hello', { cpus: 4 }, { limits: { maxPilots: 1 } });
    expect(decide(known([]), [group], { reserve: 5 }).groups[0]).toMatchObject({
      add: 1,
      limits: [{ name: 'limits.maxPilots', value: 1, count: 4 }],
    });
  });
});

describe('jobs for which quotas and limits leave no room', () => {
  it('are told of, and get no pilots', () => {
    const decisionOn = (waiting: number) =>
      decide({ ...known([jobsOf(waiting, { cpus: 1 })]), limited: 40 } as Demand, [hello]).groups[0];
    expect(decisionOn(0)).toMatchObject({
      add: 0,
      reason: '40 jobs wait for a quota or limit of the pool: no more pilots',
    });
    expect(decisionOn(1)).toMatchObject({
      add: 1,
      reason: '1 job waits, 40 more for a quota or limit of the pool: 1 more pilot',
    });
  });
});

describe('removal', () => {
  const idle = (uid: string) => pilotOf(uid, 'hello', 'Idle', { cpus: 4 });
  const following = (steps: readonly Demand[], policy: Record<string, unknown>) => {
    let previous: Decision | undefined;
    for (const demand of steps) previous = decide(demand, [hello], policy, previous);
    return previous?.groups[0];
  };

  it('a pilot is released only when several decisions in a row have found it superfluous', () => {
    const calm = known([], [idle('a')]);
    const policy = { removal: { wait: 3 } };
    expect(following([calm, calm], policy)?.release).toEqual([]);
    expect(following([calm, calm, calm], policy)).toMatchObject({
      release: ['a'],
      wanted: 0,
      reason: 'No job waits: 1 idle pilot may go',
    });
    expect(following([calm, calm, known([], [idle('b')])], policy)?.release).toEqual([]);
    expect(
      following([calm, calm, known([jobsOf(1, { cpus: 1 })], [idle('a')]), calm], policy)?.release,
    ).toEqual([]);
  });

  it('the count towards a removal starts again after unknown demand', () => {
    const calm = known([], [idle('a')]);
    const dark: Demand = { known: false, reason: 'it is away', forSeconds: 1 };
    expect(following([calm, calm, dark, calm], { removal: { wait: 3 } })?.release).toEqual([]);
  });

  it('removal spares the margin, the reserve, busy pilots, and all pilots in mode Never', () => {
    const pilots = [idle('a'), idle('b'), idle('c'), pilotOf('d', 'hello', 'Busy', { cpus: 3 })];
    const calm = known([], pilots);
    expect(following([calm], { removal: { wait: 1 } })?.release).toEqual(['a', 'b', 'c']);
    expect(following([calm], { removal: { wait: 1, margin: 1 } })?.release).toEqual(['b', 'c']);
    expect(following([calm], { removal: { wait: 1 }, reserve: 2 })?.release).toEqual(['c']);
    expect(following([calm], { removal: { wait: 1, mode: 'Never' } })?.release).toEqual([]);
  });

  it('what is free on busy pilots is used first, so that idle pilots may leave', () => {
    const pilots = [idle('a'), pilotOf('b', 'hello', 'Busy', { cpus: 2 })];
    expect(following([known([jobsOf(2, { cpus: 1 })], pilots)], { removal: { wait: 1 } })?.release).toEqual([
      'a',
    ]);
  });
});

describe('pilots out of contact', () => {
  const lost = { ...pilotOf('u1', 'hello', 'Idle', { cpus: 4 }), connected: false };

  it('pilots out of contact are not supply: jobs that would fit into them get new pilots', () => {
    const decision = decide(known([jobsOf(2, { cpus: 2 })], [lost]), [hello]);
    expect(adds(decision)).toEqual({ hello: 1 });
    expect(reasonOf(decision)).toBe('2 jobs wait, 1 pilot is out of contact: 1 more pilot');
  });

  it('pilots out of contact count towards maxPilots, because their nodes may still be in use', () => {
    const one = groupOf('hello', { cpus: 4 }, { limits: { maxPilots: 1 } });
    const decision = decide(known([jobsOf(2, { cpus: 2 })], [lost]), [one]);
    expect(decision.groups).toMatchObject([{ add: 0, limits: [{ name: 'limits.maxPilots', count: 1 }] }]);
  });

  it('pilots out of contact are never released as superfluous', () => {
    const policy = { removal: { wait: 1 } };
    expect(decide(known([], [lost]), [hello], policy).groups).toMatchObject([{ release: [] }]);
  });

  it('pilots out of contact count towards the limits even if they were made for another pool', () => {
    const moved = groupOf('hello', { cpus: 4 }, { limits: { maxPilots: 3 }, leaving: 2 });
    expect(adds(decide(known([jobsOf(9, { cpus: 4 })]), [moved]))).toEqual({ hello: 1 });
  });
});

describe('pilots that register less than their group declares', () => {
  const jobs = [jobsOf(1, { cpus: 4 })];
  /** The pilot registers, stays idle, and is gone by the next decision. */
  const rounds = (count: number, group: GroupSupply, cpus: number): Decision[] => {
    const made: Decision[] = [];
    for (let round = 0; round < count; round++) {
      const came = pilotOf(`u${round}`, 'hello', 'Idle', { cpus });
      made.push(decide(known(jobs, [came]), [group], {}, made.at(-1)));
      made.push(decide(known(jobs), [group], {}, made.at(-1)));
    }
    return made;
  };

  it('pilots that register less than declared are not created again and again, and the decision says why', () => {
    const made = rounds(20, hello, 2);
    expect(made.filter(({ groups }) => (groups[0]?.add ?? 0) > 0).length).toBeLessThanOrEqual(4);
    const last = made.at(-1) as Decision;
    expect(adds(last)).toEqual({ hello: 0 });
    expect(last.unrunnable).toMatchObject([
      {
        reason:
          'hello: pilots did not register what is declared: the job asks for 4 cores, one of them has 2 cores',
      },
    ]);
  });

  it('pilots that register less than declared are created again when the declaration changes, or one registers as declared', () => {
    const last = rounds(5, hello, 2).at(-1);
    const other = groupOf('hello', { cpus: 5 });
    expect(adds(decide(known(jobs), [other], {}, last))).toEqual({ hello: 1 });
    const good = decide(known([], [pilotOf('good', 'hello', 'Idle', { cpus: 4 })]), [hello], {}, last);
    expect(adds(decide(known(jobs), [hello], {}, good))).toEqual({ hello: 1 });
  });

  it('pilots that register less than declared are still created for jobs that they fit', () => {
    const last = rounds(5, hello, 2).at(-1);
    expect(adds(decide(known([jobsOf(4, { cpus: 2 })]), [hello], {}, last))).toEqual({ hello: 2 });
  });
});

describe('while demand is unknown', () => {
  const dark = (forSeconds: number): Demand => ({ known: false, reason: 'no answer', forSeconds });

  it('while demand is unknown nothing is created or removed, and the wanted number stays', () => {
    const before = decide(known([jobsOf(9, { cpus: 1 })]), [hello]);
    const decision = decide(dark(60), [{ ...hello, starting: 3 }], {}, before);
    expect(decision.groups[0]).toEqual({
      group: 'hello',
      wanted: 3,
      add: 0,
      release: [],
      limits: [],
      reason: 'Demand is unknown (no answer): nothing is created or removed',
    });
  });

  it('while demand is unknown and nothing was decided before, the starting pilots are wanted', () => {
    expect(decide(dark(0), [{ ...hello, starting: 2 }]).groups[0]?.wanted).toBe(2);
  });

  it('while demand stays unknown the policy decides whether to keep pilots or to want none', () => {
    const policy = (afterwards: string) => ({ unknownDemand: { holdFor: '5m', afterwards } });
    const before = decide(known([jobsOf(9, { cpus: 1 })]), [hello]);
    expect(decide(dark(299), [hello], policy('Zero'), before).groups[0]?.wanted).toBe(3);
    expect(decide(dark(300), [hello], policy('Zero'), before).groups[0]).toMatchObject({
      wanted: 0,
      release: [],
    });
    expect(decide(dark(9000), [hello], policy('Keep'), before).groups[0]?.wanted).toBe(3);
  });

  it('once demand is known again, decisions start afresh, even for a group that is new', () => {
    const before = decide(dark(300), [groupOf('old', { cpus: 4 })]);
    expect(adds(decide(known([jobsOf(1, { cpus: 1 })]), [hello], {}, before))).toEqual({ hello: 1 });
  });
});
