import { createHash, randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { requireRoom, uploadBlob } from '#client/blobs.ts';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, submitAnswer } from '#wire/jobs.ts';

const mega = 2 ** 20;
const hour = 3_600_000;

let pool: TestPool;
beforeEach(async () => {
  pool = await TestPool.start({
    settings: {
      retention: { historyAge: hour, historyJobs: 1000, keyAge: hour, fileAge: hour },
    },
  });
  pool.core.applySpec({ issuers: [], concurrencyLimits: [], filesPerOwner: '2Mi' });
});
afterEach(() => pool.destroy());

const clientOf = (user: string) => pool.client('submitter', user);
const sweep = () => pool.core.retention?.sweep();

/** Uploads a file of this content. @returns it as the input of a job */
async function bring(user: string, letter: string, bytes: number) {
  const path = join(pool.directory, letter);
  await writeFile(path, letter.repeat(bytes));
  return { name: letter, executable: false, ...(await uploadBlob(clientOf(user), path)) };
}

async function submit(user: string, ...inputs: Awaited<ReturnType<typeof bring>>[]) {
  const json = { ...submitOf(), procs: [{ attributes: {}, inputs }] };
  return (await clientOf(user).json('/v1/jobs', submitAnswer, { method: 'POST', json })).cluster;
}

const refused = {
  code: 'NoSpace',
  message: expect.stringMatching(/of the 2Mi that this pool has for one owner/),
};

it('who has used up the filesPerOwner uploads and submits nothing more, while others do, until jobs are removed', async () => {
  const first = await submit('alice', await bring('alice', 'a', 1.5 * mega));
  await expect(bring('alice', 'b', mega)).rejects.toMatchObject(refused);
  await expect(requireRoom(clientOf('alice'), mega)).rejects.toMatchObject(refused);
  await bring('bob', 'b', mega);
  await sweep();
  expect(pool.core.quota.usedBy('alice')).toBe(1.5 * mega);
  const pilot = await ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', 'p'), uid: 'p' });
  const start = await pilot.begin(`${first}.0`);
  const output = await pilot.bring('out', 'o'.repeat(mega));
  await pilot.finish(start, {
    outcome: { kind: 'outputFailed', holdCode: 12, reason: 'r' },
    outputs: [output],
  });
  await sweep();
  expect(pool.core.quota.usedBy('alice')).toBe(2.5 * mega);
  await expect(submit('alice')).rejects.toMatchObject(refused);
  await submit('bob');
  pool.core.applySpec({ issuers: [], concurrencyLimits: [], filesPerOwner: '4Mi' });
  await submit('alice');
});

it('files of ended jobs count, those that jobs of several owners name do not, nor do those that no job names any more', async () => {
  const own = await bring('alice', 'a', mega);
  const both = await bring('alice', 's', mega / 2);
  const cluster = await submit('alice', own, both);
  await submit('bob', both);
  await bring('alice', 'u', mega / 4);
  await sweep();
  expect(pool.core.quota.usedBy('alice')).toBe(1.25 * mega);
  expect(pool.core.quota.usedBy('bob')).toBe(0);
  const json = { action: 'remove', jobs: [`${cluster}`], reason: 'r' };
  await clientOf('alice').json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json });
  await pool.core.ledger.folded();
  await sweep();
  expect(pool.core.quota.usedBy('alice')).toBe(1.25 * mega);
  expect(pool.core.quota.usedBy('bob')).toBe(0);
});

/** Uploads some bytes. @returns the status of the answer; 0 if it was cut off before its end */
async function put(
  user: string,
  content: Buffer,
  { bytes, isCut = false }: { bytes?: number; isCut?: boolean },
) {
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const headers = {
    authorization: `Bearer ${await pool.token('submitter', user)}`,
    'content-type': 'application/octet-stream',
    ...(bytes === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': bytes }),
  };
  return new Promise<number>((resolve) => {
    const sent = request(`${pool.url}/v1/blobs/${digest}`, { method: 'PUT', headers }, (answer) => {
      resolve(answer.statusCode ?? 0);
      sent.destroy();
    });
    sent.on('error', () => resolve(0));
    if (isCut) sent.write(content, () => setTimeout(() => sent.destroy(), 200));
    else sent.end(content);
  });
}
const noSpace = 507;

it('an upload that does not tell its length is bounded by the filesPerOwner', async () => {
  pool.core.applySpec({ issuers: [], concurrencyLimits: [], filesPerOwner: '16Mi' });
  expect(await put('alice', randomBytes(mega), {})).toBe(204);
  expect(await put('alice', randomBytes(30 * mega), {})).not.toBe(204);
  expect(pool.core.quota.usedBy('alice')).toBe(mega);
});

it('uploads at the same time are bounded by the filesPerOwner together', async () => {
  const many = Array.from({ length: 3 }, () => put('alice', randomBytes(1.5 * mega), { bytes: 1.5 * mega }));
  expect((await Promise.all(many)).filter((status) => status === 204)).toHaveLength(1);
  // What is over no longer counts.
  expect(await put('alice', randomBytes(mega / 4), { bytes: mega / 4 })).toBe(204);
});

it('uploads that were cut off are bounded by the filesPerOwner, and go on', async () => {
  const incoming = () => readdir(join(pool.directory, 'spool', 'incoming'));
  const part = randomBytes(1.5 * mega);
  expect(await put('alice', part, { bytes: 2 * mega, isCut: true })).toBe(0);
  await expect.poll(async () => put('alice', randomBytes(mega), { bytes: mega })).toBe(noSpace);
  expect(await incoming()).toHaveLength(1);
  expect(await put('alice', part, { bytes: part.length })).toBe(204);
  expect(await put('bob', randomBytes(mega), { bytes: mega })).toBe(204);
});
