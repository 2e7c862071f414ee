import { expect, it } from 'vitest';
import type { DemandAnswer } from '#backend/pool.ts';
import { question, series } from './announced.ts';
import { isSettled, type PoolWorld } from './pool-world.ts';

export function waitingQuestionPromises(current: () => PoolWorld): void {
  it('a question without a version is answered at once', async () => {
    const world = current();
    expect(await isSettled(world.ask({ waitSeconds: 30 }))).toBe(true);
  });

  it('a question that has the newest version is answered when something changes, with a newer one', async () => {
    const world = current();
    await world.pool.announce(series('s'));
    const { version, answer } = await world.waitingQuestion();
    expect(await isSettled(answer)).toBe(false);
    await world.bench.submit(1);
    expect((await answer).version).not.toBe(version);
  });

  it('a question that waits is answered when its time is over, although nothing has changed', async () => {
    const world = current();
    await world.pool.announce(series('s'));
    const { version, answer } = await world.waitingQuestion();
    expect(await isSettled(answer)).toBe(false);
    await world.bench.passTime(30_000);
    expect(await answer).toMatchObject({ version, known: true });
  });

  it('a question that has an older version is answered at once', async () => {
    const world = current();
    await world.pool.announce(series('s'));
    const { version } = await world.ask();
    await world.bench.submit(1);
    await world.answers((answer) => expect(answer.version).not.toBe(version));
    expect(await isSettled(world.ask({ since: version, waitSeconds: 30 }))).toBe(true);
  });

  it('a question that is given up ends at once with the reason of its signal, and the next one is answered', async () => {
    const world = current();
    await world.pool.announce(series('s'));
    const leaving = new AbortController();
    const { answer } = await world.waitingQuestion(world.pool, leaving.signal);
    const reason = new Error('the operator ends');
    leaving.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await expect(world.pool.demand(question(), leaving.signal)).rejects.toBe(reason);
    expect(await world.ask()).toMatchObject({ known: true });
  });

  it('answers that overtake each other each repeat the mark of their own question', async () => {
    const world = current();
    await world.pool.announce(series('s'));
    const { version } = await world.ask();
    const slow = world.ask({ ask: 'slow', since: version, waitSeconds: 30 });
    expect(await world.ask({ ask: 'quick' })).toMatchObject({ ask: 'quick' });
    await world.bench.submit(1);
    expect(await slow).toMatchObject({ ask: 'slow' });
  });

  it('two listeners of one site and one of another are all answered at one change', async () => {
    const world = current();
    const ways = [world.pool, world.open('here'), world.open('there')];
    await world.pool.announce(series('s'));
    await ways[2]?.announce(series('t'));
    const all: Promise<DemandAnswer>[] = [];
    for (const way of ways) all.push((await world.waitingQuestion(way)).answer);
    await world.bench.submit(1);
    expect(await Promise.all(all)).toHaveLength(3);
  });
}
