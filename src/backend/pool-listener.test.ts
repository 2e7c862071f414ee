import { afterEach, expect, it } from 'vitest';
import { type Clock, systemClock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { eventually } from '#testing/eventually.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { ScriptedPool } from '#testing/scripted-pool.ts';
import { Announcer } from './announcer.ts';
import { Deaths } from './deaths.ts';
import type { AnnouncedPilot, DemandAnswer } from './pool.ts';
import { PoolListener } from './pool-listener.ts';

const over: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of over.splice(0)) await end();
});

/** @param slowness of its answers to questions, in milliseconds */
function slowPool(slowness: number): ScriptedPool {
  const pool = new ScriptedPool();
  pool.slowness = slowness;
  return pool;
}

const away = (call: string) =>
  call === 'gone' ? new GlideinError('Unavailable', 'no pool answers') : undefined;

function listen(
  pool: ScriptedPool,
  living: AnnouncedPilot[] = [],
  onAnswer: (demand: DemandAnswer) => void = () => {},
  clock: Clock = systemClock,
) {
  const deaths = new Deaths();
  const failures: string[] = [];
  const rejected: string[] = [];
  const stop = new AbortController();
  const listener: PoolListener = new PoolListener({
    pool: 'p',
    open: async () => pool,
    bid: () => ({ groups: [], reads: [], waitSeconds: 0 }),
    announcer: new Announcer({ session: 's', living: () => living, clock }),
    deaths,
    onAnswer: (demand) => onAnswer(demand),
    onFailure: (_error, reason) => failures.push(reason),
    onDeathTold: () => {},
    onDeathRefused: () => {},
    onAnnouncementRejected: ({ message }) => rejected.push(message),
    clock,
    random: () => 0.5,
  });
  deaths.onDeath(() => listener.wake());
  const running = listener.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  over.push(end);
  return { listener, deaths, failures, rejected, end };
}

it('pods that come faster than the pool answers do not keep the demand from coming through', async () => {
  const pool = slowPool(300);
  const living: AnnouncedPilot[] = [];
  const { listener } = listen(pool, living);
  const events = setInterval(() => {
    living.push({ uid: `u${living.length}`, name: 'n', group: 'g', registered: false });
    listener.wake();
  }, 150);
  await eventually(() => expect(pool.answered).toBeGreaterThanOrEqual(4));
  clearInterval(events);
  expect(pool.bids.length - pool.answered).toBeLessThanOrEqual(1);
  expect(pool.aborted).toBe(0);
  await eventually(() =>
    expect(pool.announcements.flatMap(({ pilots }) => pilots)).toHaveLength(living.length),
  );
  expect(pool.announcements.filter(({ complete }) => complete)).toHaveLength(1);
});

it('a death is told while a question waits for its answer', async () => {
  const pool = slowPool(60_000);
  const { deaths } = listen(pool);
  deaths.note('u1', 'p', 'ended');
  await eventually(() => expect(pool.gones).toEqual(['u1']));
  expect(pool.answered).toBe(0);
});

it('a death that could not be told is told later, although nothing else happens', async () => {
  const pool = slowPool(60_000);
  pool.fails = away;
  const { deaths } = listen(pool);
  deaths.note('u1', 'p', 'ended');
  await new Promise((resolve) => setTimeout(resolve, 300));
  pool.fails = () => undefined;
  await eventually(() => expect(pool.gones).toEqual(['u1']));
  expect(deaths.isTold('u1')).toBe(true);
});

it('a death that the pool refuses to hear of does not keep it from hearing of others', async () => {
  const pool = slowPool(60_000);
  pool.fails = (call, uid) =>
    call === 'gone' && uid === 'refused'
      ? new GlideinError('Forbidden', 'the pilot belongs to another site')
      : undefined;
  const { deaths } = listen(pool);
  for (const uid of ['before', 'refused', 'after']) deaths.note(uid, 'p', 'ended');
  await eventually(() => expect([...pool.gones].sort()).toEqual(['after', 'before']));
  // If it holds jobs of that pilot after all, it asks.
  await eventually(() => expect(deaths.untold('p')).toEqual([]));
  pool.fails = () => undefined;
  deaths.askAgain(['refused']);
  deaths.note('next', 'p', 'ended');
  await eventually(() => expect(pool.gones).toContain('refused'));
});

it('a pilot that dies now is told of before thousands that died in an earlier term', async () => {
  const pool = slowPool(60_000);
  const { deaths } = listen(pool);
  pool.fails = away;
  for (let count = 0; count < 3000; count++) deaths.note(`old${count}`, 'p', 'ended');
  deaths.note('new', 'p', 'ended');
  pool.fails = () => undefined;
  await eventually(() => expect(pool.gones).toContain('new'));
  expect(pool.gones.indexOf('new')).toBeLessThan(200);
});

it('an answer to an earlier question is not taken for one to this', async () => {
  const pool = slowPool(1);
  let first: string | undefined;
  pool.instead = ({ ask }) => {
    first ??= ask;
    return { ask: first };
  };
  const answers: DemandAnswer[] = [];
  const { failures } = listen(pool, [], (demand) => answers.push(demand));
  await eventually(() => expect(failures[0]).toContain('belongs to an earlier question'));
  expect(answers).toHaveLength(1);
});

it('an answer that comes at the end of a term does not become the knowledge of the next', async () => {
  const pool = slowPool(60_000);
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
  const pool = slowPool(1);
  const living = [{ uid: 'u1', name: 'n', group: 'g', registered: true }];
  listen(pool, living);
  await eventually(() => expect(pool.announcements).toHaveLength(1));
  let lost = true;
  pool.instead = () => (lost ? { session: undefined } : {});
  await eventually(() =>
    expect(pool.announcements.filter(({ complete }) => complete).length).toBeGreaterThan(1),
  );
  lost = false;
});

it('a version whose answer could not be handled is asked for again', async () => {
  const pool = slowPool(1);
  let defects = 1;
  const versions: number[] = [];
  listen(pool, [], ({ version }) => {
    versions.push(version);
    if (defects-- > 0) throw new Error('not handled');
  });
  await eventually(() => expect(pool.bids.length).toBeGreaterThanOrEqual(3));
  expect(pool.bids.slice(0, 3).map(({ since }) => since)).toEqual([undefined, undefined, versions[1]]);
});

it('an announcement that the pool rejects is reported, and keeps neither deaths nor later announcements from it', async () => {
  const pool = slowPool(60_000);
  const living = [{ uid: 'u1', name: 'n', group: 'a group that the pool cannot read', registered: false }];
  pool.fails = (call) =>
    call === 'announce' ? new GlideinError('InvalidArgument', 'pilots.0.group: too long') : undefined;
  const { listener, deaths, rejected } = listen(pool, living);
  await eventually(() => expect(rejected[0]).toBe('pilots.0.group: too long'));
  deaths.note('u2', 'p', 'ended');
  await eventually(() => expect(pool.gones).toEqual(['u2']));
  pool.fails = () => undefined;
  listener.wake();
  await eventually(() => expect(pool.announcedUids).toEqual(['u1']));
});

it('a listener that has ended leaves no timer behind, whether it waited for an answer or for its next try', async () => {
  const clock = new ManualClock();
  const pool = new ScriptedPool({ clock });
  pool.slowness = 60_000;
  pool.fails = (call) =>
    call === 'announce' ? new GlideinError('Unavailable', 'no pool answers') : undefined;
  const { end } = listen(pool, [], () => {}, clock);
  await eventually(() => expect([pool.bids.length, clock.timers]).toEqual([1, 2]));
  await end();
  expect(clock.timers).toBe(0);
});
