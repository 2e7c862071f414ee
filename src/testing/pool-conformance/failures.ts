import { expect, it } from 'vitest';
import type { Pool } from '#backend/pool.ts';
import { isRejection } from '#backend/rejection.ts';
import type { ErrorCode } from '#base/error.ts';
import { eventually } from '../eventually.ts';
import { question, series } from './announced.ts';
import { failureOf, isSettled, type PoolWorld } from './pool-world.ts';

export function failurePromises(current: () => PoolWorld): void {
  const calls: Readonly<Record<string, (way: Pool, signal?: AbortSignal) => Promise<unknown>>> = {
    demand: (way, signal = current().over) => way.demand(question({ waitSeconds: 30 }), signal),
    announce: (way, signal) => way.announce(series('s'), signal),
    gone: (way, signal) => way.gone('u1', 'it ended', signal),
    drain: (way, signal) => way.drain('u1', 'nobody needs it', signal),
  };

  async function allFail(way: Pool, code: ErrorCode): Promise<void> {
    for (const [name, call] of Object.entries(calls)) {
      const failure = await failureOf(call(way));
      expect([name, failure]).toEqual([name, expect.objectContaining({ code })]);
      expect(isRejection(failure)).toBe(false);
    }
  }

  it('every call to a pool that cannot be reached fails as Unavailable, which is no rejection of one pilot', async () => {
    const world = current();
    await world.bench.stop();
    await allFail(world.pool, 'Unavailable');
    await world.bench.start();
  });

  it('every call that is given up ends with the reason of its signal, and nothing comes of it if it had not begun', async () => {
    const world = current();
    await world.pool.announce(series('present'));
    const reason = new Error('the operator ends');
    for (const [name, call] of Object.entries(calls))
      expect([name, await failureOf(call(world.pool, AbortSignal.abort(reason)))]).toEqual([name, reason]);
    expect(await world.ask()).toMatchObject({ known: true, session: 'present' });
  });

  it('a pool that can be reached again answers over the same way', async () => {
    const world = current();
    await world.bench.stop();
    await failureOf(world.ask());
    await world.bench.start();
    await world.pool.announce(series('s'));
    expect(await world.ask()).toMatchObject({ known: true });
  });

  it('a question that waits when its pool ends fails as Unavailable', async () => {
    const world = current();
    await world.pool.announce(series('s'));
    const { answer } = await world.waitingQuestion();
    const failing = failureOf(answer);
    await world.bench.stop();
    expect(await failing).toMatchObject({ code: 'Unavailable' });
    await world.bench.start();
  });

  it('every call with credentials that the pool refuses fails as Unauthenticated, which is no rejection of one pilot', async () => {
    await allFail(current().open('here', 'refused'), 'Unauthenticated');
  });

  it('closing the way to a pool lets calls that are under way end, and fails every later one as Unavailable', async () => {
    const world = current();
    await world.pool.announce(series('s'));
    const { answer } = await world.waitingQuestion();
    expect(await isSettled(answer)).toBe(false);
    const closing = world.pool.close();
    await allFail(world.pool, 'Unavailable');
    await world.bench.submit(1);
    expect(await answer).toMatchObject({ known: true });
    await closing;
    await world.pool.close();
  });

  it('closing the way to a pool leaves no socket behind', async () => {
    const world = current();
    const sockets = () => process.getActiveResourcesInfo().filter((kind) => /TCP|TLS/.test(kind)).length;
    const before = sockets();
    const ways = [world.open('here'), world.open('here'), world.open('there')];
    await Promise.all(ways.flatMap((way) => [way.demand(question()), way.demand(question())]));
    const leaving = new AbortController();
    const { answer } = await world.waitingQuestion(ways[0], leaving.signal);
    const failing = failureOf(answer);
    leaving.abort();
    await failing;
    await Promise.all(ways.map((way) => way.close()));
    await eventually(() => expect(sockets()).toBeLessThanOrEqual(before));
  });
}
