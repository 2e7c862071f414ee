import { writeFile } from 'node:fs/promises';
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
