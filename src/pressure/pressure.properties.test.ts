import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupOf, jobsOf, known, pilotOf, policyOf } from '#testing/pressure-world.ts';
import type { Autocluster, GroupSupply, PilotSupply } from './demand.ts';
import { headroomOf } from './headroom.ts';
import { pack } from './packing.ts';
import { pressure } from './pressure.ts';

const size = fc.record({ cpus: fc.integer({ min: 1, max: 8 }), gpus: fc.integer({ min: 0, max: 1 }) });
const limit = fc.integer({ min: 1, max: 6 });

const aGroup = fc
  .record({
    size,
    starting: fc.integer({ min: 0, max: 4 }),
    suspended: fc.boolean(),
    limits: fc.record({ maxPilots: fc.integer({ min: 0, max: 8 }), maxPending: limit, maxIdle: limit }),
  })
  .map(
    ({ size: own, ...more }) =>
      (name: string) =>
        groupOf(name, own, more),
  );

const groups = fc
  .array(aGroup, { maxLength: 4 })
  .map((make): GroupSupply[] => make.map((group, index) => group(`g${index}`)));

const waiting = fc
  .array(
    fc.record({ count: fc.integer({ min: 1, max: 30 }), size, memory: fc.integer({ min: 1, max: 4000 }) }),
    {
      maxLength: 5,
    },
  )
  .map((all): Autocluster[] =>
    all.map(({ count, size: own, memory }, id) => jobsOf(count, { ...own, memory }, { id })),
  );

const pilots = fc
  .array(
    fc.record({
      group: fc.constantFrom('g0', 'g1', 'gone', undefined),
      state: fc.constantFrom('Idle', 'Busy', 'Draining' as const),
      size,
    }),
    { maxLength: 8 },
  )
  .map((all): PilotSupply[] =>
    all.map(({ group, state, size: own }, n) => pilotOf(`p${n}`, group, state as PilotSupply['state'], own)),
  );

const policy = fc
  .record({
    reserve: fc.integer({ min: 0, max: 3 }),
    maxPilots: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
    ramp: fc.record({ maxPerStep: fc.integer({ min: 1, max: 10 }) }),
    removal: fc.record({ wait: fc.integer({ min: 1, max: 3 }), margin: fc.integer({ min: 0, max: 2 }) }),
  })
  .map(({ maxPilots, ...rest }) => policyOf({ ...rest, ...(maxPilots === undefined ? {} : { maxPilots }) }));

const world = fc.record({ groups, waiting, pilots, policy });
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

describe('every decision', () => {
  it('every decision stays within every limit', () => {
    fc.assert(
      fc.property(world, (w) => {
        const decision = pressure(known(w.waiting, w.pilots), w.groups, w.policy, undefined);
        let present = 0;
        for (const [index, { add }] of decision.groups.entries()) {
          const group = w.groups[index]!;
          const registered = w.pilots.filter((pilot) => pilot.group === group.name);
          present += registered.length + group.starting;
          expect(add).toBeGreaterThanOrEqual(0);
          expect(add).toBeLessThanOrEqual(w.policy.ramp.maxPerStep);
          if (add === 0) continue;
          expect(group.suspended).toBe(false);
          expect(registered.length + group.starting + add).toBeLessThanOrEqual(group.limits.maxPilots);
          expect(group.starting + add).toBeLessThanOrEqual(group.limits.maxPending);
          expect(registered.filter(({ state }) => state === 'Idle').length).toBeLessThan(
            group.limits.maxIdle,
          );
        }
        const added = sum(decision.groups.map(({ add }) => add));
        if (added > 0)
          expect(present + added).toBeLessThanOrEqual(w.policy.maxPilots ?? Number.POSITIVE_INFINITY);
      }),
    );
  });

  it('no decision adds and releases at the same time, or releases any pilots but idle ones of its groups', () => {
    fc.assert(
      fc.property(world, (w) => {
        const decision = pressure(known(w.waiting, w.pilots), w.groups, w.policy, undefined);
        for (const [index, { group, add, release }] of decision.groups.entries()) {
          if (release.length > 0) expect(add).toBe(0);
          for (const uid of release) {
            const pilot = w.pilots.find((each) => each.uid === uid);
            expect(pilot?.group).toBe(group);
            if (!w.groups[index]!.suspended) expect(pilot?.state).toBe('Idle');
          }
        }
      }),
    );
  });

  it('a decision is the same for the same input, and for the same jobs in another order', () => {
    fc.assert(
      fc.property(world, (w) => {
        const once = pressure(known(w.waiting, w.pilots), w.groups, w.policy, undefined);
        expect(pressure(known(w.waiting, w.pilots), w.groups, w.policy, undefined)).toEqual(once);
        const turned = pressure(known([...w.waiting].reverse(), w.pilots), w.groups, w.policy, undefined);
        expect(turned.groups.map(({ add, wanted }) => [add, wanted])).toEqual(
          once.groups.map(({ add, wanted }) => [add, wanted]),
        );
      }),
    );
  });

  it('no decision changes anything while demand is unknown', () => {
    fc.assert(
      fc.property(world, fc.nat(1e6), (w, forSeconds) => {
        const before = pressure(known(w.waiting, w.pilots), w.groups, w.policy, undefined);
        const dark = { known: false, reason: 'away', forSeconds } as const;
        for (const { add, release } of pressure(dark, w.groups, w.policy, before).groups) {
          expect(add).toBe(0);
          expect(release).toEqual([]);
        }
      }),
    );
  });

  it('a decision wants no fewer pilots when more of the same jobs wait', () => {
    fc.assert(
      fc.property(groups, pilots, fc.integer({ min: 1, max: 60 }), size, (all, there, count, shape) => {
        const wantedFor = (jobs: number) =>
          sum(
            pressure(known([jobsOf(jobs, shape)], there), all, policyOf(), undefined).groups.map(
              ({ wanted }) => wanted,
            ),
          );
        expect(wantedFor(count + 1)).toBeGreaterThanOrEqual(wantedFor(count));
      }),
    );
  });
});

describe('the packing', () => {
  const packWorld = (w: { groups: GroupSupply[]; waiting: Autocluster[]; pilots: PilotSupply[] }) => {
    const ready = w.groups.map((group) => ({
      ...group,
      rank: 0,
      came: { declared: '', slots: new Map() },
      headroom: headroomOf(
        group,
        w.pilots.filter((pilot) => pilot.group === group.name),
      ).pilots,
    }));
    return { ready, packed: pack(w.waiting, w.pilots, ready) };
  };

  it('the packing counts every job once', () => {
    fc.assert(
      fc.property(world, (w) => {
        const { packed } = packWorld(w);
        expect(sum(Object.values(packed.jobs))).toBe(sum(w.waiting.map(({ count }) => count)));
        expect(sum(packed.unrunnable.map(({ count }) => count))).toBe(packed.jobs.unrunnable);
      }),
    );
  });

  it('the packing opens enough pilots: once they are there, it asks for no more', () => {
    fc.assert(
      fc.property(world, (w) => {
        const { ready, packed } = packWorld(w);
        const later = ready.map((group) => ({
          ...group,
          starting: group.starting + (packed.add.get(group.name) ?? 0),
          headroom: group.headroom - (packed.add.get(group.name) ?? 0),
        }));
        const again = pack(w.waiting, w.pilots, later);
        // Among pilots of several sizes, first fit may place a few jobs differently, but it places all of them.
        expect(again.jobs.fitNow + again.jobs.fitStarting + again.jobs.fitNew).toBeGreaterThanOrEqual(
          packed.jobs.fitNow + packed.jobs.fitStarting + packed.jobs.fitNew - packed.jobs.turnedAway,
        );
        if (ready.length === 1) expect([...again.add.values()]).toEqual([]);
      }),
    );
  });

  it('the packing opens no pilot that no job needs', () => {
    fc.assert(
      fc.property(world, (w) => {
        const { packed } = packWorld(w);
        expect(sum([...packed.add.values()])).toBeLessThanOrEqual(packed.jobs.fitNew);
      }),
    );
  });
});
