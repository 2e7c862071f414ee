import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BiddingSites } from '#testing/bidding-sites.ts';

const startedBy = (world: BiddingSites) =>
  Object.fromEntries(world.sites.map(({ name, pilots }) => [name, pilots.size]));

const toldBy = (world: BiddingSites) => Object.fromEntries(world.sites.map(({ name, told }) => [name, told]));

const three = () => [{ name: 'a' }, { name: 'b' }, { name: 'c' }].map((each) => ({ ...each, cpus: 1 }));

describe('several sites that feed one pool', () => {
  it('what they are asked for adds up to what the jobs need, by how much each has room for', () => {
    const world = new BiddingSites(
      { name: 'a', cpus: 1, interval: 1, maxPilots: 100 },
      { name: 'b', cpus: 1, interval: 10, delay: 90, maxPilots: 100 },
      { name: 'c', cpus: 1, interval: 7, maxPilots: 10 },
    );
    world.run(11);
    world.submit(105, 1);
    world.run(150);
    expect(world.waiting).toBe(0);
    expect(startedBy(world)).toEqual({ a: 50, b: 50, c: 5 });
  });

  it('small jobs fill whole pilots, and no site starts one for a part of them that others have room for', () => {
    const world = new BiddingSites(...three().map((each) => ({ ...each, cpus: 4 })));
    world.run(6);
    world.submit(4, 1);
    world.run(60);
    world.submit(24, 2);
    world.run(90);
    expect(world.waiting).toBe(0);
    expect(world.started).toBe(1 + 12);
  });

  it('jobs that only one of them can run are its own', () => {
    const world = new BiddingSites({ name: 'small', cpus: 1 }, { name: 'large', cpus: 8 });
    world.run(6);
    world.submit(5, 8);
    world.run(60);
    expect([startedBy(world), world.waiting]).toEqual([{ small: 0, large: 5 }, 0]);
  });

  it('a site that asks and never delivers ends with nothing, and the others get its share', () => {
    const world = new BiddingSites(...three());
    world.site('c').delay = Number.POSITIVE_INFINITY;
    world.run(6);
    world.submit(90, 1);
    world.run(280);
    expect(toldBy(world)).toMatchObject({ a: 0, b: 0, c: 30 });
    world.run(600);
    expect([world.waiting, world.site('c').told]).toEqual([0, 0]);
    expect(startedBy(world)).toEqual({ a: 45, b: 45, c: 30 });
    world.submit(60, 1);
    world.run(120);
    expect([world.waiting, world.site('c').pilots.size]).toEqual([0, 30]);
  });

  it('a site that was given up and delivers after all gets its share again', () => {
    const world = new BiddingSites(...three().map((each) => ({ ...each, maxPilots: 100 })));
    const late = world.site('c');
    late.delay = 900;
    world.run(6);
    world.submit(90, 1);
    world.run(1000);
    expect(late.registered).toHaveLength(30);
    late.delay = 30;
    world.submit(60, 1);
    world.run(90);
    // Those that came late have taken 30 of the jobs, and the rest is shared by all.
    expect([world.waiting, startedBy(world)]).toEqual([0, { a: 55, b: 55, c: 40 }]);
  });

  it('a site that vanishes is replaced within a minute, and gets its share again when it comes back', () => {
    const world = new BiddingSites(...three());
    const gone = world.site('c');
    world.run(6);
    gone.isAway = true;
    world.submit(90, 1);
    world.run(5);
    expect(startedBy(world)).toEqual({ a: 30, b: 30, c: 0 });
    world.run(60);
    expect(startedBy(world)).toEqual({ a: 45, b: 45, c: 0 });
    gone.isAway = false;
    world.run(30);
    world.submit(90, 1);
    world.run(60);
    expect([startedBy(world).c, world.started, world.waiting]).toEqual([expect.any(Number), 180, 0]);
    expect(gone.pilots.size).toBeGreaterThanOrEqual(30);
  });

  it('one site alone is told of all jobs, as if there were no shares', () => {
    const world = new BiddingSites({ name: 'a', cpus: 1, maxPilots: 20 });
    world.run(6);
    world.submit(90, 1);
    expect(world.shares(world.site('a'))).toBeUndefined();
    world.run(40);
    expect([world.site('a').told, world.started]).toEqual([70, 20]);
  });

  it('sites with any room, delays and intervals start together as many pilots as the jobs need', () => {
    const site = fc.record({
      maxPilots: fc.integer({ min: 0, max: 40 }),
      delay: fc.integer({ min: 1, max: 100 }),
      interval: fc.integer({ min: 1, max: 20 }),
      policy: fc.record({ ramp: fc.record({ maxPerStep: fc.integer({ min: 1, max: 50 }) }) }),
    });
    const arrivals = fc.array(
      fc.record({ after: fc.integer({ min: 0, max: 60 }), count: fc.integer({ min: 1, max: 30 }) }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(fc.array(site, { minLength: 3, maxLength: 3 }), arrivals, (sites, all) => {
        const world = new BiddingSites(...sites.map((each, n) => ({ name: `s${n}`, cpus: 1, ...each })));
        let submitted = 0;
        const check = () => {
          expect(world.started).toBeLessThanOrEqual(submitted);
          for (const [n, { pilots }] of world.sites.entries())
            expect(pilots.size).toBeLessThanOrEqual(sites[n]?.maxPilots ?? 0);
        };
        for (const { after, count } of all) {
          world.run(after, check);
          world.submit(count, 1);
          submitted += count;
        }
        world.run(240, check);
        const room = sites.reduce((sum, { maxPilots }) => sum + maxPilots, 0);
        expect(world.started).toBe(Math.min(submitted, room));
      }),
      { numRuns: 10, seed: 13 },
    );
  });

  it('jobs run although a site of other pilots fails in any way, and nothing is started for them twice', () => {
    const site = fc.record({
      cpus: fc.integer({ min: 1, max: 4 }),
      delay: fc.integer({ min: 1, max: 60 }),
      interval: fc.integer({ min: 1, max: 20 }),
    });
    const failure = fc.record({
      kind: fc.constantFrom('never delivers' as const, 'vanishes' as const),
      after: fc.integer({ min: 0, max: 40 }),
      count: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(
        fc.array(site, { minLength: 3, maxLength: 3 }),
        failure,
        (sites, { kind, after, count }) => {
          const world = new BiddingSites(
            ...sites.map((each, n) => ({ name: `s${n}`, maxPilots: 100, ...each })),
          );
          const [failing, ...others] = world.sites;
          if (failing === undefined) return;
          if (kind === 'never delivers') failing.delay = Number.POSITIVE_INFINITY;
          world.run(20);
          world.submit(count, 1);
          world.run(after);
          if (kind === 'vanishes') failing.isAway = true;
          world.run(kind === 'vanishes' ? 160 : 900);
          const cores = others.reduce((sum, { name, pilots }) => sum + pilots.size * sizeOf(sites, name), 0);
          // One pilot of each of them may be filled in part, once for each of their shares.
          expect(cores).toBeLessThanOrEqual(count + 2 * 2 * 3);
          expect(world.waiting).toBe(0);
        },
      ),
      { numRuns: 8, seed: 17 },
    );
  });
});

const sizeOf = (sites: readonly { readonly cpus: number }[], name: string): number =>
  sites[Number(name.slice(1))]?.cpus ?? 0;
