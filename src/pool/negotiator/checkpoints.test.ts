import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import type { Checkpoint } from '#wire/checkpoint.ts';
import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import type { Start } from '#wire/pool-messages.ts';

let pool: TestPool;
beforeEach(async () => {
  pool = await TestPool.start();
});
afterEach(() => pool.destroy());

const alice = () => pool.client('submitter', 'alice');
const pilotOf = async (uid: string) =>
  ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', uid), uid });
const submit = async (ad: Readonly<Record<string, string>> = {}) =>
  (await alice().json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(1, ad) })).cluster;
const act = (action: 'hold' | 'release' | 'remove', cluster: number) =>
  alice().json('/v1/jobs/actions', jobActionAnswer, {
    method: 'POST',
    json: { action, jobs: [`${cluster}`], reason: 'r' },
  });
const adOf = async (cluster: number) =>
  (await alice().json(`/v1/jobs/${cluster}`, jobsAnswer)).jobs[0]?.ad ?? {};

/** Says that the job has saved this. @returns what the pool answers */
async function save(pilot: ScriptedPilot, { claim }: Start, number: number, more: Partial<Checkpoint> = {}) {
  const files = [await pilot.bring('state', `${number}`)];
  const checkpoint = { number, files, ...more };
  pilot.say({ type: 'checkpointed', claim, at: Date.now(), checkpoint });
  const answer = await pilot.next('kept', (kept) => kept.claim.id === claim.id && kept.number === number);
  return { checkpoint, answer };
}

describe('what a job has saved', () => {
  it('is given to the next pilot when its pilot is lost, after a restart of the pool too', async () => {
    const cluster = await submit();
    const first = await pilotOf('u1');
    const start = await first.begin(`${cluster}.0`);
    expect(start.checkpoint).toBeUndefined();
    await save(first, start, 0);
    const { checkpoint } = await save(first, start, 1);
    expect((await adOf(cluster)).CheckpointNumber).toBe('1');
    await pool.stop();
    pool = await TestPool.start({ directory: pool.directory });
    const again = await pilotOf('u1');
    again.say({ type: 'leaving', reason: 'dead' });
    const second = await pilotOf('u2');
    expect((await second.next('start')).checkpoint).toEqual(checkpoint);
  });

  it('is given to the next pilot after a hold, also if it was saved while the payload was being ended', async () => {
    const cluster = await submit();
    const first = await pilotOf('u1');
    const start = await first.begin(`${cluster}.0`);
    await act('hold', cluster);
    await first.next('stop');
    const { checkpoint } = await save(first, start, 0);
    await first.finish(start, { outcome: { kind: 'stopped', reason: 'r' } });
    await act('release', cluster);
    expect((await first.next('start', ({ claim }) => claim.epoch === 2)).checkpoint).toEqual(checkpoint);
  });

  it('is not replaced by what an execution says that is over, or by an older one', async () => {
    const cluster = await submit();
    const first = await pilotOf('u1');
    const start = await first.begin(`${cluster}.0`);
    const { checkpoint } = await save(first, start, 3);
    await save(first, start, 2);
    await first.finish(start, { outcome: { kind: 'stopped', reason: 'r' } });
    const again = await first.next('start', ({ claim }) => claim.epoch === 2);
    expect(again.checkpoint).toEqual(checkpoint);
    await save(first, start, 9);
    expect((await adOf(cluster)).CheckpointNumber).toBe('3');
  });

  it.each(['completed', 'removed'])('is forgotten when the job is %s, except for its number', async (how) => {
    const cluster = await submit();
    const pilot = await pilotOf('u1');
    const start = await pilot.begin(`${cluster}.0`);
    await save(pilot, start, 4);
    if (how === 'removed') await act('remove', cluster);
    const job = pool.core.queue.find({ cluster, proc: 0 });
    await pilot.finish(start);
    expect(job?.checkpoint).toEqual({ number: 4, files: [] });
    expect((await adOf(cluster)).CheckpointNumber).toBe('4');
  });

  it('is not kept if the message to the next pilot could not hold it, and the pilot hears why', async () => {
    const long = `"${'x'.repeat(0.9 * 2 ** 20)}"`;
    const cluster = await submit({ A: long, B: long, C: long, D: long });
    const pilot = await pilotOf('u1');
    const start = await pilot.begin(`${cluster}.0`);
    await save(pilot, start, 0);
    const file = await pilot.bring('state', 'x');
    const files = Array.from({ length: 200 }, (_, n) => ({ ...file, name: `${n}/${'n'.repeat(4000)}` }));
    const { answer } = await save(pilot, start, 1, { files });
    expect(answer.problem).toMatch(/a message may have at most/);
    expect((await adOf(cluster)).CheckpointNumber).toBe('0');
  });
});
