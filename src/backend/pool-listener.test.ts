import { afterEach, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { eventually } from '#testing/eventually.ts';
import { Announcer } from './announcer.ts';
import { Deaths } from './deaths.ts';
import type { AnnouncedPilot, Announcement, Bid, DemandAnswer, Pool } from './pool.ts';
import { PoolListener } from './pool-listener.ts';

const over: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of over.splice(0)) await end();
});

/** A pool that takes its time for each answer. */
class SlowPool implements Pool {
  readonly announced: Announcement[] = [];
  readonly gones: string[] = [];
  asked = 0;
  answered = 0;
  aborted = 0;
  goneFails = false;
  /** The pilots of which this pool hears nothing from us: another site's, for instance. */
  refused: string[] = [];
  answer: (bid: Bid) => Partial<DemandAnswer> = ({ ask }) => ({ ask });
  readonly #milliseconds: number;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  async demand(bid: Bid, signal?: AbortSignal): Promise<DemandAnswer> {
    this.asked += 1;
    signal?.addEventListener('abort', () => {
      this.aborted += 1;
    });
    await new Promise<void>((resolve, reject) => {
      setTimeout(resolve, this.#milliseconds);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    this.answered += 1;
    const { session } = this.announced.at(-1) ?? {};
    return {
      version: this.asked,
      known: true,
      autoclusters: [],
      pilots: [],
      missing: [],
      session,
      ...this.answer(bid),
    };
  }

  async announce(announcement: Announcement): Promise<boolean> {
    this.announced.push(announcement);
    return true;
  }

  async gone(uid: string): Promise<void> {
    if (this.goneFails) throw new GlideinError('Unavailable', 'away');
    if (this.refused.includes(uid)) throw new GlideinError('Forbidden', 'the pilot belongs to another site');
    this.gones.push(uid);
  }

  async drain(): Promise<void> {}
  async close(): Promise<void> {}
}

function listen(
  pool: SlowPool,
  living: AnnouncedPilot[] = [],
  onAnswer: (demand: DemandAnswer) => void = () => {},
) {
  const deaths = new Deaths();
  const failures: string[] = [];
  const stop = new AbortController();
  const listener: PoolListener = new PoolListener({
    pool: 'p',
    open: async () => pool,
    bid: () => ({ groups: [], reads: [], waitSeconds: 0 }),
    announcer: new Announcer({ session: 's', living: () => living, clock: systemClock }),
    deaths,
    onAnswer: (demand) => onAnswer(demand),
    onFailure: (_error, reason) => failures.push(reason),
    onDeathTold: () => {},
    onDeathRefused: () => {},
    clock: systemClock,
    random: () => 0.5,
  });
  deaths.onDeath(() => listener.wake());
  const running = listener.run(stop.signal);
  over.push(async () => {
    stop.abort();
    await running;
  });
  return { listener, deaths, failures };
}

it('pods that come faster than the pool answers do not keep the demand from coming through', async () => {
  const pool = new SlowPool(300);
  const living: AnnouncedPilot[] = [];
  const { listener } = listen(pool, living);
  const events = setInterval(() => {
    living.push({ uid: `u${living.length}`, name: 'n', group: 'g', registered: false });
    listener.wake();
  }, 150);
  await eventually(() => expect(pool.answered).toBeGreaterThanOrEqual(4));
  clearInterval(events);
  expect(pool.asked - pool.answered).toBeLessThanOrEqual(1);
  expect(pool.aborted).toBe(0);
  await eventually(() => expect(pool.announced.flatMap(({ pilots }) => pilots)).toHaveLength(living.length));
  expect(pool.announced.filter(({ complete }) => complete)).toHaveLength(1);
});

it('a death is told while a question waits for its answer', async () => {
  const pool = new SlowPool(60_000);
  const { deaths } = listen(pool);
  deaths.note('u1', 'p', 'ended');
  await eventually(() => expect(pool.gones).toEqual(['u1']));
  expect(pool.answered).toBe(0);
});

it('a death that could not be told is told later, although nothing else happens', async () => {
  const pool = new SlowPool(60_000);
  pool.goneFails = true;
  const { deaths } = listen(pool);
  deaths.note('u1', 'p', 'ended');
  await new Promise((resolve) => setTimeout(resolve, 300));
  pool.goneFails = false;
  await eventually(() => expect(pool.gones).toEqual(['u1']));
  expect(deaths.isTold('u1')).toBe(true);
});

it('a death that the pool refuses to hear of does not keep it from hearing of others', async () => {
  const pool = new SlowPool(60_000);
  pool.refused = ['refused'];
  const { deaths } = listen(pool);
  for (const uid of ['before', 'refused', 'after']) deaths.note(uid, 'p', 'ended');
  await eventually(() => expect([...pool.gones].sort()).toEqual(['after', 'before']));
  // If it holds jobs of that pilot after all, it asks.
  await eventually(() => expect(deaths.untold('p')).toEqual([]));
  pool.refused = [];
  deaths.askAgain(['refused']);
  deaths.note('next', 'p', 'ended');
  await eventually(() => expect(pool.gones).toContain('refused'));
});

it('a pilot that dies now is told of before thousands that died in an earlier term', async () => {
  const pool = new SlowPool(60_000);
  const { deaths } = listen(pool);
  pool.goneFails = true;
  for (let count = 0; count < 3000; count++) deaths.note(`old${count}`, 'p', 'ended');
  deaths.note('new', 'p', 'ended');
  pool.goneFails = false;
  await eventually(() => expect(pool.gones).toContain('new'));
  expect(pool.gones.indexOf('new')).toBeLessThan(200);
});

it('an answer to an earlier question is not taken for one to this', async () => {
  const pool = new SlowPool(1);
  let first: string | undefined;
  pool.answer = ({ ask }) => {
    first ??= ask;
    return { ask: first };
  };
  const answers: DemandAnswer[] = [];
  const { failures } = listen(pool, [], (demand) => answers.push(demand));
  await eventually(() => expect(failures[0]).toContain('belongs to an earlier question'));
  expect(answers).toHaveLength(1);
});

it('an answer that comes at the end of a term does not become the knowledge of the next', async () => {
  const pool = new SlowPool(60_000);
  const asked = Promise.withResolvers<AbortSignal | undefined>();
  const answered = Promise.withResolvers<DemandAnswer>();
  pool.demand = (_bid, signal) => {
    asked.resolve(signal);
    return answered.promise;
  };
  const answers: DemandAnswer[] = [];
  listen(pool, [], (demand) => answers.push(demand));
  const signal = await asked.promise;
  signal?.addEventListener('abort', () =>
    answered.resolve({ version: 1, known: true, autoclusters: [], pilots: [], missing: [] }),
  );
  await over.pop()?.();
  expect(answers).toEqual([]);
});

it('a pool that has lost its announcements is told of all pilots again', async () => {
  const pool = new SlowPool(1);
  const living = [{ uid: 'u1', name: 'n', group: 'g', registered: true }];
  listen(pool, living);
  await eventually(() => expect(pool.announced).toHaveLength(1));
  let lost = true;
  pool.answer = ({ ask }) => ({ ask, ...(lost ? { session: undefined } : {}) });
  await eventually(() => expect(pool.announced.filter(({ complete }) => complete).length).toBeGreaterThan(1));
  lost = false;
});

it('a version whose answer could not be handled is asked for again', async () => {
  const pool = new SlowPool(1);
  const since: (number | undefined)[] = [];
  pool.answer = (bid) => {
    since.push(bid.since);
    return { ask: bid.ask };
  };
  let defects = 1;
  listen(pool, [], () => {
    if (defects-- > 0) throw new Error('not handled');
  });
  await eventually(() => expect(since.length).toBeGreaterThanOrEqual(3));
  expect(since.slice(0, 3)).toEqual([undefined, undefined, 2]);
});
