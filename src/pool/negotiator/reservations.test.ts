import { beforeEach, describe, expect, it } from 'vitest';
import { jobTexts, slotAd } from '#testing/ads.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { submitted } from '#testing/submitted.ts';
import { Accountant } from '../accounting/accountant.ts';
import { Pilot } from '../collector/pilot.ts';
import { JobAds } from '../jobs/job-ads.ts';
import { Queue } from '../queue/queue.ts';
import { Autoclusters } from './autoclusters.ts';
import { ConcurrencyLimits } from './concurrency-limits.ts';
import { FreeSlots } from './free-slots.ts';
import { patience, Reservations } from './reservations.ts';

describe('reservations', () => {
  let clock: ManualClock;
  let slots: FreeSlots;
  let queue: Queue;
  let autoclusters: Autoclusters;
  let reservations: Reservations;
  let clusters = 0;
  let accountant: Accountant;
  let limits: ConcurrencyLimits;

  beforeEach(() => {
    clock = new ManualClock();
    slots = new FreeSlots();
    queue = new Queue();
    autoclusters = new Autoclusters(new JobAds(), { now: () => clock.monotonic() });
    accountant = new Accountant();
    limits = new ConcurrencyLimits(queue.taken);
    reservations = new Reservations({
      slots,
      autoclusters,
      turns: (waiting, cores) => accountant.turns(waiting, cores, clock.monotonic()),
      limits,
      clock,
      environment: () => ({}),
    });
  });

  const pilot = (uid: string, cores: number, used: number) => {
    const slot = slotAd({ Cpus: String(cores), Memory: '100000', Disk: '100000000' });
    const made = new Pilot({ uid, name: uid, group: 'g', site: 's', slot }, 0, 1e12);
    made.connection = { send: () => {}, sendPrinted: () => {}, close: () => {} };
    for (let index = 0; index < used; index += 1)
      made.take(`${uid}.${index}`, { cpus: 1, memory: 128, disk: 1024, gpus: 0 });
    slots.update(made, 0);
    return made;
  };
  const submit = (procs: number, more: Readonly<Record<string, string>>, owner = 'alice') => {
    clusters += 1;
    const { jobs, fresh } = submitted(queue, { cluster: clusters, owner, ad: jobTexts(more), procs });
    for (const job of jobs) autoclusters.update(job);
    for (const each of fresh) Array.from(autoclusters.updateFresh(each));
    const [job] = queue.jobsOf(clusters);
    return autoclusters.of(job!)!;
  };

  it('keeps the slot that empties soonest for a job that waits for a whole node', () => {
    const [busy, soon] = [pilot('busy', 4, 4), pilot('soon', 4, 1)];
    const small = pilot('small', 2, 0);
    const wide = submit(1, { RequestCpus: '4' });
    clock.advance(patience - 1);
    expect(reservations.review()).toBe(false);
    clock.advance(1);
    expect(reservations.review()).toBe(true);
    expect([busy, soon, small].map(({ reservedFor }) => reservedFor)).toEqual([0, wide.id, 0]);
  });

  it.each([
    ['fresh procs that match alike', { RequestCpus: '4' }],
    ['fresh procs that do not', { RequestCpus: '4', Rank: 'MY.ProcId' }],
  ])('counts the wait of %s on when another attribute has divided autoclusters', (_which, ad) => {
    const soon = pilot('soon', 4, 1);
    submit(2, ad);
    clock.advance(patience - 1);
    autoclusters.learn('a slot', ['Colour']);
    clock.advance(1);
    expect(reservations.review()).toBe(true);
    expect(soon.reservedFor).toBeGreaterThan(0);
  });

  it('counts the wait of a job that has run before on when another attribute has divided autoclusters', () => {
    const soon = pilot('soon', 4, 1);
    submit(1, { RequestCpus: '4' });
    const job = queue.materialize({ cluster: clusters, proc: 0 })!;
    autoclusters.update(job);
    clock.advance(patience - 1);
    autoclusters.learn('a slot', ['Colour']);
    clock.advance(1);
    expect(reservations.review()).toBe(true);
    expect(soon.reservedFor).toBe(autoclusters.of(job)?.id);
  });

  it('keeps one more slot for every further wait, but never more than a tenth of the cores', () => {
    const pilots = Array.from({ length: 40 }, (_, index) => pilot(`p${index}`, 4, 1));
    submit(100, { RequestCpus: '4' });
    const reserved = () => pilots.filter(({ reservedFor }) => reservedFor > 0).length;
    const counts = [1, 2, 3, 4, 5, 6].map(() => {
      clock.advance(patience);
      reservations.review();
      return reserved();
    });
    expect(counts).toEqual([1, 2, 3, 4, 4, 4]);
  });

  it('gives a slot back when the job has got one elsewhere, or no longer waits', () => {
    const only = pilot('only', 4, 1);
    const wide = submit(1, { RequestCpus: '4' });
    clock.advance(patience);
    reservations.review();
    expect(only.reservedFor).toBe(wide.id);
    wide.waitsSince = clock.monotonic();
    expect(reservations.review()).toBe(true);
    expect(only.reservedFor).toBe(0);
  });

  it('keeps nothing for a job that would not fit an empty slot either', () => {
    const only = pilot('only', 4, 1);
    submit(1, { RequestCpus: '8' });
    submit(1, { Requirements: 'TARGET.Missing' });
    clock.advance(10 * patience);
    expect(reservations.review()).toBe(false);
    expect(only.reservedFor).toBe(0);
  });

  it('keeps nothing for jobs that fit as soon as any other ends', () => {
    const only = pilot('only', 4, 4);
    submit(5, { RequestMemory: '1', RequestDisk: '1' });
    clock.advance(10 * patience);
    expect(reservations.review()).toBe(false);
    expect(only.reservedFor).toBe(0);
  });

  it('keeps nothing for jobs that wait for a concurrency limit, and gives back what it kept when they begin to', () => {
    const only = pilot('only', 4, 1);
    const wide = submit(1, { RequestCpus: '4', ConcurrencyLimits: '"licence"' });
    limits.set([{ name: 'licence', limit: 0 }]);
    clock.advance(patience);
    expect(reservations.review()).toBe(false);
    limits.set([{ name: 'licence', limit: 1 }]);
    reservations.review();
    expect(only.reservedFor).toBe(wide.id);
    limits.set([{ name: 'licence', limit: 0 }]);
    expect(reservations.review()).toBe(true);
    expect(only.reservedFor).toBe(0);
  });

  it('keeps nothing for a submitter who uses more than the share that is due', () => {
    const only = pilot('only', 4, 3);
    accountant.charge('alice', 3, 0);
    submit(1, { RequestCpus: '4' }, 'alice');
    submit(1, { RequestCpus: '1', Requirements: 'TARGET.Missing' }, 'bob');
    clock.advance(patience);
    expect(reservations.review()).toBe(false);
    expect(only.reservedFor).toBe(0);
  });

  it('many jobs of one user that fit no slot delay neither a review nor the reservation for another user', () => {
    const only = pilot('only', 4, 1);
    for (let index = 0; index < 200; index += 1)
      submit(1, { Requirements: `TARGET.Missing == ${index} && time() > 0`, JobPrio: '5' }, 'mallory');
    const wide = submit(1, { RequestCpus: '4' }, 'bob');
    let began = 0;
    // Each of these takes a millisecond to look at a slot.
    const slow = new Reservations({
      slots,
      autoclusters,
      turns: (waiting, cores) => accountant.turns(waiting, cores, clock.monotonic()),
      limits,
      clock,
      environment: () => ({
        now: () => {
          clock.advance(1);
          return 1000;
        },
      }),
    });
    clock.advance(patience);
    for (let reviews = 0; reviews < 3; reviews += 1) {
      began = clock.monotonic();
      slow.review();
      expect(clock.monotonic() - began).toBeLessThan(10);
      clock.advance(1000);
    }
    expect(only.reservedFor).toBe(wide.id);
  });
});
