import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitOf } from '#match/fit.ts';
import { requestOf } from '#match/request.ts';
import { lacking } from '#match/resources.ts';
import { Scene } from '#testing/negotiation-scene.ts';
import { jobName } from '../jobs/job.ts';
import { keyOf } from '../jobs/job-key.ts';
import { apply } from '../queue/apply.ts';

const amount = (of: fc.Arbitrary<number>) => of.map(String);
const jobShape = fc.record({
  procs: fc.integer({ min: 1, max: 5 }),
  RequestCpus: amount(fc.integer({ min: 1, max: 9 })),
  RequestMemory: amount(fc.integer({ min: 1, max: 6000 })),
  JobPrio: amount(fc.integer({ min: -2, max: 2 })),
  Requirements: fc.constantFrom('true', 'TARGET.Big', 'TARGET.Cpus >= 4', 'undefined', 'time() > 0'),
});
const slotShape = fc.record({
  Cpus: amount(fc.integer({ min: 1, max: 8 })),
  Memory: amount(fc.integer({ min: 100, max: 8000 })),
  Big: fc.constantFrom('true', 'false'),
  Start: fc.constantFrom('true', 'TARGET.RequestCpus > 1', 'TARGET.JobPrio >= 0'),
});

describe('negotiation', () => {
  it('jobs of a user under several names start in one pass, although one name has used what a spin had for all', () => {
    const scene = new Scene();
    scene.pilot({ Cpus: '6' });
    scene.submit(3, { AcctGroup: '"unknown"' }, 'bob');
    scene.submit(3, {}, 'bob');
    scene.submit(1, { Requirements: 'false' }, 'alice');
    scene.negotiate();
    expect(scene.granted).toHaveLength(6);
  });

  it('a limit lets that many jobs run, and the next one once a claim is over', () => {
    const scene = new Scene();
    scene.limits.set([{ name: 'licence', limit: 2 }]);
    scene.pilot({ Cpus: '50', Memory: '100000', Disk: '10000000' });
    scene.submit(5, { ConcurrencyLimits: '"licence"' });
    scene.submit(3);
    scene.negotiate();
    expect(scene.granted).toHaveLength(2 + 3);
    scene.negotiate();
    expect(scene.granted).toHaveLength(2 + 3);
    scene.end(0);
    scene.negotiate();
    expect(scene.granted).toHaveLength(2 + 3 + 1);
    expect(scene.queue.taken.of('licence')).toBe(2);
  });

  it('jobs that a limit held back run when the pool has more of it, on slots that they had passed over', () => {
    const scene = new Scene();
    scene.limits.set([{ name: 'licence', limit: 0 }]);
    scene.pilot();
    scene.submit(1, { ConcurrencyLimits: '"Licence:2"' });
    scene.negotiate();
    expect(scene.granted).toEqual([]);
    scene.limits.set([{ name: 'licence', limit: 2 }]);
    scene.negotiate();
    expect(scene.granted).toHaveLength(1);
  });

  it('a limit that depends on the slot keeps a job from that slot alone', () => {
    const scene = new Scene();
    scene.limits.set([{ name: 'site_north', limit: 1 }]);
    scene.pilot({ Site: '"north"', Cpus: '3' });
    const south = scene.pilot({ Site: '"south"', Cpus: '4' });
    scene.submit(3, { ConcurrencyLimits: 'strcat("site_", TARGET.Site)' });
    scene.negotiate();
    expect(scene.granted.filter(({ pilot }) => pilot === south)).toHaveLength(2);
    expect(scene.granted).toHaveLength(3);
  });

  it('as many jobs run as two limits allow, whatever they request of them', () => {
    const wish = fc.record({
      procs: fc.integer({ min: 1, max: 4 }),
      limits: fc.constantFrom(
        '"a"',
        '"b:2"',
        '"a:2,b"',
        'ifThenElse(TARGET.Cpus > 4, "a", "b")',
        'undefined',
      ),
    });
    const change = fc.oneof(wish, fc.record({ end: fc.nat(20) }), fc.record({ limit: fc.nat(5) }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 25 }), (changes) => {
        const scene = new Scene();
        scene.limits.set([{ name: '*', limit: 3 }]);
        scene.pilot({ Cpus: '8' });
        scene.pilot({ Cpus: '6' });
        for (const each of changes) {
          if ('procs' in each) scene.submit(each.procs, { ConcurrencyLimits: each.limits });
          else if ('end' in each) scene.end(each.end);
          else scene.limits.set([{ name: '*', limit: each.limit }]);
          const before = scene.granted.length;
          scene.negotiate();
          const over = ['a', 'b'].filter((name) => scene.limits.taken(name) > scene.limits.of(name));
          // A limit that was lowered lets those that run go on.
          for (const { job } of scene.granted.slice(before))
            for (const { name } of job.claim?.limits ?? []) expect(over).not.toContain(name);
          expect(scene.couldRun()).toEqual([]);
        }
      }),
    );
  });

  it('a job whose expressions take too long is reported, and the others are matched', () => {
    const scene = new Scene();
    for (let index = 0; index < 30; index += 1) scene.pilot({ Cpus: '1' });
    const doubling = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`a${at}`, `a${at + 1} + a${at + 1}`]),
    );
    scene.submit(1, { ...doubling, a30: 'RequestCpus', Requirements: 'a0 > 0' });
    scene.submit(3, {});
    scene.negotiate();
    expect(scene.granted).toHaveLength(3);
    expect(scene.defects).toMatchObject([{ message: expect.stringContaining('too long') }]);
  });

  it('a slot whose expressions take too long is skipped, and no job is blamed', () => {
    const scene = new Scene();
    const doubling = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`a${at}`, `a${at + 1} + a${at + 1}`]),
    );
    scene.pilot({ ...doubling, a30: 'TARGET.RequestCpus', Start: 'a0 > 0' });
    scene.submit(1);
    scene.negotiate();
    expect(scene.defects).toEqual([]);
    expect(scene.granted).toEqual([]);
  });

  it('many jobs that are slow to match neither block the pool nor make other users wait', () => {
    const scene = new Scene('real');
    for (let index = 0; index < 500; index += 1) scene.pilot({ Cpus: '1', Rack: String(index) });
    const slow = (first: number) =>
      Array.from({ length: 100 }, (_, index) => `TARGET.Rack > ${500 + first + index}`).join(' || ');
    for (let index = 0; index < 100; index += 1)
      scene.submit(1, { JobPrio: '5', Requirements: slow(2 + index) }, 'mallory');
    const [good] = scene.submit(1, {}, 'good');
    expect(scene.pass({})).not.toBe('nothing');
    expect(scene.granted).toMatchObject([{ job: good }]);
    const lookedAt = () => [...scene.autoclusters.all()].filter(({ lookedThrough }) => lookedThrough > 0);
    expect(lookedAt().length).toBeLessThan(20);
    scene.negotiate();
    expect(lookedAt()).toHaveLength(100);
    expect(scene.defects).toEqual([]);
  });

  it('requirements of thirty thousand clauses that read one constant are named as too long to evaluate', () => {
    const clauses = (count: number): string =>
      count === 1 ? 'TARGET.Rack > 1000' : `(${clauses(count >> 1)} || ${clauses(count - (count >> 1))})`;
    const scene = new Scene();
    for (let index = 0; index < 200; index += 1) scene.pilot({ Rack: String(index) });
    scene.submit(1, { Requirements: clauses(30_000) });
    scene.negotiate();
    expect(scene.defects).toMatchObject([{ message: expect.stringContaining('too long') }]);
  });

  it('a user with very many different jobs does not make another user wait for all of them', () => {
    const scene = new Scene();
    for (let index = 0; index < 1_000; index += 1)
      scene.submit(1, { JobPrio: '5', Requirements: `TARGET.Kind == ${index}` }, 'mallory');
    const [good] = scene.submit(1, {}, 'good');
    scene.pilot({ Cpus: '1' });
    expect(scene.pass({})).toBe('now');
    expect(scene.granted.map(({ job }) => job)).toEqual([good]);
    scene.negotiate();
    expect(scene.granted).toHaveLength(1);
  });

  it('a user who invents accounting groups takes no more of a pass than under one name', () => {
    const scene = new Scene();
    // Each of these takes five milliseconds to look at a slot.
    const environment = {
      now: () => {
        scene.milliseconds += 5;
        return 1000;
      },
    };
    for (let index = 0; index < 100; index += 1)
      scene.submit(1, { Requirements: 'time() == 0', AcctGroup: `"invented-${index}"` }, 'mallory');
    scene.pilot();
    const began = scene.milliseconds;
    scene.pass(environment);
    expect(scene.milliseconds - began).toBeLessThan(35);
  });

  it('a user whose jobs take long to match is served without blocking other users', () => {
    const scene = new Scene();
    const asked: number[] = [];
    // Each of these takes five milliseconds to look at a slot.
    const environment = {
      now: () => {
        scene.milliseconds += 5;
        return asked.push(scene.milliseconds);
      },
    };
    for (let index = 0; index < 100; index += 1)
      scene.submit(1, { Requirements: `time() == ${index} || TARGET.Big` }, 'mallory');
    scene.pilot({ Cpus: '1', Start: 'TARGET.Owner == "good"' });
    for (let turn = 0; turn < 20; turn += 1) {
      const [good] = scene.submit(1, {}, 'good');
      const began = scene.milliseconds;
      scene.pass(environment);
      expect(scene.milliseconds - began).toBeLessThan(35);
      expect(scene.granted.at(-1)?.job).toEqual(good);
      scene.end(0);
      // Others have their turn.
      scene.milliseconds += 5;
    }
    const spent = asked.length * 5;
    expect(spent).toBeLessThan(50 + scene.milliseconds / 2);
    scene.pilot({ Big: 'true', Cpus: '100', Memory: '1000000', Disk: '100000000' });
    scene.negotiate(environment);
    expect(scene.granted).toHaveLength(120);
  });

  it('an interrupted pass gives out as much as a complete one, the best first', () => {
    const change = fc.oneof(
      fc.record({ submit: fc.integer({ min: 0, max: 5 }), prio: fc.integer({ min: -3, max: 3 }) }),
      fc.record({ pilot: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ end: fc.nat(20) }),
      fc.record({ pass: fc.constant(true) }),
    );
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 30 }),
        (all, cost) => {
          const scene = new Scene();
          const slow = {
            now: () => {
              scene.milliseconds += cost;
              return 1000;
            },
          };
          for (const [index, each] of all.entries()) {
            const owner = `u${index % 3}`;
            if ('submit' in each) {
              const ad = {
                Size: String(index),
                JobPrio: String(each.prio),
                RequestCpus: String(1 + each.submit),
              };
              scene.submit(2, { ...ad, Requirements: 'time() > 0 && MY.Size >= 0' }, owner);
            } else if ('pilot' in each) scene.pilot({ Cpus: String(each.pilot) });
            else if ('end' in each) scene.end(each.end);
            else scene.pass(slow);
          }
          scene.negotiate(slow);
          for (const job of scene.inState('Idle'))
            for (const pilot of scene.pilots)
              expect(fitOf(scene.ads.submitted(job), pilot.freeSlot, { now: () => 1000 }).fits).toBe(false);
          expect(scene.autoclusters.submitters.left(scene.slots)).toBe('nothing');
        },
      ),
    );
  });

  it('very many different jobs of one user are served by their priority, however many passes that takes', () => {
    const scene = new Scene();
    const priorities = Array.from({ length: 1_500 }, (_, index) => (index * 7919) % 1_500);
    for (const priority of priorities)
      scene.submit(1, { JobPrio: String(priority), Requirements: `MY.JobPrio >= 0 || ${priority} == 0` });
    scene.pilot({ Cpus: '1000', Memory: '10000000', Disk: '1000000000' });
    scene.negotiate();
    const served = scene.granted.map(({ job }) => priorities[job.cluster.id - 1]);
    expect(served).toEqual(Array.from({ length: 1_000 }, (_, index) => 1_499 - index));
  });

  it('fifty equal slots are tried once together, and again only when one of them changes', () => {
    const scene = new Scene();
    let asked = 0;
    const environment = { now: () => 1000 + asked++ };
    for (let index = 0; index < 50; index += 1) scene.pilot({ Cpus: '4' });
    for (let index = 0; index < 40; index += 1) scene.submit(1, { Requirements: `time() < ${index - 100}` });
    scene.negotiate(environment);
    expect(asked).toBe(40);
    scene.negotiate(environment);
    expect(asked).toBe(40);
    scene.pilot({ Cpus: '4' });
    scene.negotiate(environment);
    expect(asked).toBe(80);
    scene.submit(1, { Requirements: 'time() < 0' });
    scene.negotiate(environment);
    expect(asked).toBe(81);
  });

  it('no fresh proc is started while there is no memory for its job, and the rest once there is', () => {
    const scene = new Scene();
    scene.pilot({ Cpus: '10', Memory: '100000', Disk: '100000000' });
    scene.submit(5);
    scene.mostInMemory = 2;
    scene.negotiate();
    expect(scene.granted).toHaveLength(2);
    scene.mostInMemory = 10;
    scene.end(0);
    scene.negotiate();
    expect(scene.granted).toHaveLength(5);
  });

  it('fresh procs start once there is memory for their jobs, although no slot has changed', () => {
    const scene = new Scene();
    scene.pilot({ Cpus: '10', Memory: '100000', Disk: '100000000' });
    scene.submit(5);
    scene.mostInMemory = 2;
    scene.negotiate();
    expect(scene.granted).toHaveLength(2);
    scene.mostInMemory = 10;
    scene.negotiate();
    expect(scene.granted).toHaveLength(5);
  });

  it('negotiation never gives out more than there is, and leaves no job waiting that fits', () => {
    fc.assert(
      fc.property(
        fc.array(jobShape, { maxLength: 8 }),
        fc.array(slotShape, { maxLength: 5 }),
        (jobs, slots) => {
          const scene = new Scene();
          for (const slot of slots) scene.pilot(slot);
          for (const { procs, ...ad } of jobs) scene.submit(procs, ad);
          scene.negotiate();
          expect(scene.defects).toEqual([]);
          for (const pilot of scene.pilots)
            expect(lacking({ cpus: 0, memory: 0, disk: 0, gpus: 0 }, pilot.free)).toBeUndefined();
          for (const { job, pilot } of scene.granted) {
            const ad = scene.ads.submitted(job);
            expect(fitOf(ad, pilot.facts.slot, { now: () => 1000 }).fits).toBe(true);
            expect(scene.queue.find(keyOf(job))?.claim?.takes).toEqual(requestOf(ad));
          }
          for (const job of scene.inState('Idle'))
            for (const pilot of scene.pilots)
              expect(fitOf(scene.ads.submitted(job), pilot.freeSlot, { now: () => 1000 }).fits).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('a high priority puts a job before others of its user, and not before those of other users', () => {
    const scene = new Scene();
    const [first] = scene.submit(1, { JobPrio: '0' }, 'alice');
    scene.submit(1, { JobPrio: '5' }, 'bob');
    const [urgent] = scene.submit(1, { JobPrio: '1000' }, 'bob');
    scene.pilot({ Cpus: '1' });
    scene.pilot({ Cpus: '1' });
    scene.negotiate();
    expect(scene.granted.map(({ job }) => job)).toEqual([first, urgent]);
  });

  it('jobs are served by priority, then by age', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 12 }),
        fc.nat(8),
        (priorities, cpus) => {
          const scene = new Scene();
          scene.pilot({ Cpus: String(cpus), Memory: '1000000' });
          for (const priority of priorities) scene.submit(1, { JobPrio: String(priority) });
          scene.negotiate();
          const order = priorities
            .map((priority, index) => ({ priority, index }))
            .sort((a, b) => b.priority - a.priority || a.index - b.index)
            .slice(0, cpus)
            .map(({ index }) => index + 1);
          expect(scene.granted.map(({ job }) => job.cluster.id)).toEqual(order);
        },
      ),
    );
  });

  it('after many negotiations with ends in between, no job that fits is left waiting', () => {
    fc.assert(
      fc.property(
        fc.array(jobShape, { minLength: 1, maxLength: 6 }),
        fc.array(slotShape, { minLength: 1, maxLength: 3 }),
        fc.array(fc.nat(20), { maxLength: 10 }),
        (jobs, slots, ends) => {
          const scene = new Scene();
          for (const slot of slots) scene.pilot(slot);
          for (const { procs, ...ad } of jobs) scene.submit(procs, ad);
          for (const end of ends) {
            scene.negotiate();
            scene.end(end);
          }
          scene.negotiate();
          for (const job of scene.inState('Idle'))
            for (const pilot of scene.pilots)
              expect(fitOf(scene.ads.submitted(job), pilot.freeSlot, { now: () => 1000 }).fits).toBe(false);
        },
      ),
    );
  });

  it('a job that reads an attribute which no slot has starts on the first one that has it', () => {
    const scene = new Scene();
    scene.pilot();
    scene.submit(1, { Requirements: 'TARGET.Kind == "rare"' });
    scene.negotiate();
    expect(scene.granted).toEqual([]);
    const rare = scene.pilot({ Kind: '"rare"' });
    scene.negotiate();
    expect(scene.granted.map(({ pilot }) => pilot)).toEqual([rare]);
  });

  it('a job that fits nowhere does not stop others', () => {
    const scene = new Scene();
    scene.pilot();
    scene.submit(1, { RequestCpus: '64', JobPrio: '9' });
    const [small] = scene.submit(1);
    scene.negotiate();
    expect(scene.granted.map(({ job }) => job)).toEqual([small]);
  });

  it('a job goes to the slot that it ranks highest, then to the fullest pilot', () => {
    const scene = new Scene();
    const [plain, fast] = [scene.pilot({ Mips: '1' }), scene.pilot({ Mips: '2', Cpus: '8' })];
    scene.submit(1, { Rank: 'TARGET.Mips' });
    scene.submit(1);
    scene.negotiate();
    expect(scene.granted.map(({ pilot }) => pilot)).toEqual([fast, plain]);
  });

  it('a job that asks for infinity is matched with no slot', () => {
    const scene = new Scene();
    scene.pilot();
    scene.submit(1, { RequestCpus: 'real("INF")' });
    scene.negotiate();
    expect(scene.granted).toEqual([]);
  });
});

describe('autoclusters', () => {
  const count = (scene: Scene) => [...scene.autoclusters.all()].length;

  it('jobs that differ in nothing significant share an autocluster', () => {
    const scene = new Scene();
    scene.submit(3, { Arguments: '"1"' });
    scene.submit(1, { Arguments: '"2"' });
    expect(count(scene)).toBe(1);
  });

  it('jobs that differ in what their expressions read are in different autoclusters', () => {
    const scene = new Scene();
    const [, small] = [
      scene.submit(1, { RequestMemory: 'A', A: 'B * 2', B: '4000' }),
      scene.submit(1, { RequestMemory: 'A', A: 'B * 2', B: '100' }),
    ];
    expect(count(scene)).toBe(2);
    scene.pilot({ Memory: '1000' });
    scene.negotiate();
    expect(scene.granted.map(({ job }) => job)).toEqual(small);
  });

  it('jobs that differ in what a slot reads, or in their owner, are in different autoclusters', () => {
    const scene = new Scene();
    scene.submit(1, { Experiment: '"a"' });
    const [wanted] = scene.submit(1, { Experiment: '"b"' });
    expect(count(scene)).toBe(1);
    scene.pilot({ Start: 'TARGET.Experiment == "b" && TARGET.Owner == "alice"' });
    expect(count(scene)).toBe(2);
    scene.negotiate();
    expect(scene.granted.map(({ job }) => job)).toEqual([wanted]);
  });

  it('jobs whose texts contain the separator are not mixed up', () => {
    const scene = new Scene();
    scene.submit(1, { Requirements: "'a\nb' =?= 1", 'a\nb': '1' });
    scene.submit(1, { Requirements: "'a' =?= 1" });
    expect(count(scene)).toBe(2);
  });

  it('an autocluster is dropped with its last job, and follows a job through its states', () => {
    const scene = new Scene();
    const [job] = scene.submit(1);
    scene.sort(apply(scene.queue, { type: 'hold', at: 1, job: keyOf(job!), code: 1, reason: 'r' }));
    expect(count(scene)).toBe(0);
    scene.sort(apply(scene.queue, { type: 'release', at: 2, job: keyOf(job!), reason: 'r' }));
    expect([...scene.autoclusters.all()].map(({ waiting }) => [...waiting].map(jobName))).toEqual([['1.0']]);
  });
});
