import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseSubmit } from '#submit/parse-submit.ts';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import type { Outcome } from '#wire/outcome.ts';

let pool: TestPool;
beforeEach(async () => {
  pool = await TestPool.start();
});
afterEach(() => pool.destroy());

const alice = () => pool.client('submitter', 'alice');

/** @returns the number of the cluster */
async function submit(lines: string): Promise<number> {
  const { cluster } = parseSubmit(`executable = a\nrequest_memory = 256\n${lines}\nqueue\n`, {
    file: 'job.sub',
    owner: 'alice',
    directory: '/',
    now: 1,
    environment: {},
    random: () => 0,
    readFile: () => undefined,
    listFiles: () => [],
  });
  const json = submitOf(1, { ...cluster, Requirements: 'true' });
  return (await alice().json('/v1/jobs', submitAnswer, { method: 'POST', json })).cluster;
}

const adOf = async (cluster: number) =>
  (await alice().json(`/v1/jobs/${cluster}`, jobsAnswer)).jobs[0]?.ad ?? {};

const outOfMemory: Outcome = { kind: 'exceeded', holdCode: 34, subcode: 102, reason: 'too much memory' };

/** Lets a job end so until it is held. @returns the memory that it was given each time, and its ad at the end */
async function tries(cluster: number, outcome: Outcome) {
  const uid = `u${cluster}`;
  const pilot = await ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', uid), uid });
  const given: number[] = [];
  for (let epoch = 1; ; epoch += 1) {
    const ad = await adOf(cluster);
    if (ad.JobStatus === '5') return { given, ad };
    const start = await pilot.next('start', ({ claim }) => claim.epoch === epoch);
    given.push(start.resources.memory);
    pilot.started(start);
    pilot.finished(start, outcome);
    await pilot.recorded(start.claim);
  }
}

describe('a job that runs out of memory', () => {
  test.each([
    ['retry_request_memory', 'retry_request_memory = 512', [256, 512]],
    ['retry_request_memory', 'retry_request_memory = 512 MB, 1 GB, 1024 + 1024', [256, 512, 1024, 2048]],
    ['retry_request_memory_increase', 'retry_request_memory_increase = 128', [256, 384]],
    ['retry_request_memory_max', 'retry_request_memory_max = 1 GB', [256, 768, 1024]],
  ])(
    'runs again with the memory that %s says, and is held when that was not enough: %s',
    async (command, line, memory) => {
      const more = command === 'retry_request_memory_max' ? 'retry_request_memory_increase = 512\n' : '';
      const { given, ad } = await tries(await submit(`${more}${line}`), outOfMemory);
      expect(given).toEqual(memory);
      expect(ad).toMatchObject({
        HoldReasonCode: '34',
        HoldReasonSubCode: '102',
        VacateReasonCode: '34',
        VacateReasonSubCode: '102',
        NumVacates: String(given.length - 1),
        NumHolds: '1',
      });
    },
  );

  test('runs again with more memory after a restart of the pool too', async () => {
    const cluster = await submit('retry_request_memory = 512');
    const token = () => pool.token('pilot', 'u');
    const pilot = await ScriptedPilot.start({ url: pool.url, token: await token(), uid: 'u' });
    const start = await pilot.next('start');
    pilot.started(start);
    pilot.finished(start, outOfMemory);
    await pilot.recorded(start.claim);
    await pool.stop();
    pool = await TestPool.start({ directory: pool.directory });
    expect(await adOf(cluster)).toMatchObject({ RequestMemory: '512' });
  });

  test('is held at once if it names no memory for a retry', async () => {
    const { given, ad } = await tries(await submit(''), outOfMemory);
    expect(given).toEqual([256]);
    expect(ad.VacateReasonCode).toBeUndefined();
  });
});

test('a job that runs out of disk is held, whatever memory it would retry with', async () => {
  const outcome: Outcome = { kind: 'exceeded', holdCode: 34, subcode: 104, reason: 'too much disk' };
  const { given, ad } = await tries(await submit('retry_request_memory = 512'), outcome);
  expect(given).toEqual([256]);
  expect(ad).toMatchObject({ HoldReasonCode: '34', HoldReasonSubCode: '104' });
});

test.each([
  ['a step that the pool does not know', 'RENAME RequestMemory Old'],
  ['an attribute that only the pool sets', 'SET Owner "root"'],
  ['an expression that does not parse', 'SET RequestMemory 1 +'],
  ['a request that is no number', 'EVALSET RequestMemory "much"'],
  ['a text without bounds', `SET RequestMemory 512 + size("${'x'.repeat(2000)}")`],
])('a transform with %s is not applied, and its job is held', async (_what, step) => {
  const body = JSON.stringify(`SET RequestMemory 999\x1e${step}`).replace('\\u001e', '\\036');
  const json = submitOf(1, { TransformOnEvict: '"A"', TransformBody_A: body });
  const answer = await alice().json('/v1/jobs', submitAnswer, { method: 'POST', json });
  const { given } = await tries(answer.cluster, outOfMemory);
  expect(given).toHaveLength(1);
});
