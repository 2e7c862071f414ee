import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GlideinLine } from '#testing/glidein-line.ts';
import type { JobActionAnswer, JobActionRequest } from '#wire/jobs.ts';
import { changeJobs } from './actions.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
beforeEach(async () => {
  line = await GlideinLine.start();
});
afterEach(() => line.stop());

/** Submits two jobs with these lines. @returns the words with which to submit and act as this user */
async function as(user: string, more = ''): Promise<string[]> {
  const words = ['--token-file', await line.file(user, await line.token(user, 'submitter'))];
  const text = `executable = /bin/sh\ntransfer_executable = false\ncontainer_image = x\nrequest_cpus = 64\n${more}\nqueue 2\n`;
  const { code, err } = await line.run(['submit', await line.file('job.sub', text), ...words]);
  if (code !== 0) throw new Error(err);
  return words;
}

/** The state of each job: `OWNER STATE`. */
const states = async () =>
  (await line.run(['q', '--af', 'Owner', 'JobStatus'])).out.trim().split('\n').sort();

describe.each(['--', '-'])('hold, release and rm with options that begin with %s', (dash) => {
  it('change the jobs that the constraint selects, and only those', async () => {
    const alice = await as('alice', '+Kind = "mc"');
    await as('alice', '+Kind = "data"');
    const selected = [`${dash}constraint`, 'Kind == "mc"', ...alice];
    expect((await line.run(['hold', '--subcode', '7', ...selected])).out).toBe('2 jobs held.\n');
    const { out } = await line.run(['q', '--af', 'Kind', 'JobStatus', 'HoldReasonSubCode']);
    expect(out.trim().split('\n').sort()).toEqual([
      'data 1 undefined',
      'data 1 undefined',
      'mc 5 7',
      'mc 5 7',
    ]);
    expect((await line.run(['release', ...selected])).out).toBe('2 jobs released.\n');
    expect((await line.run(['rm', ...selected])).out).toBe('2 jobs removed.\n');
    expect(await states()).toHaveLength(2);
    expect(await line.run(['rm', ...selected])).toMatchObject({
      code: 4,
      out: '0 jobs removed.\n',
      err: 'glidein: no job in the queue was selected that could be removed\n',
    });
  });

  it("change all of one's own jobs, and an administrator those of everybody", async () => {
    const alice = await as('alice');
    const bob = await as('bob');
    expect((await line.run(['hold', `${dash}all`, ...alice])).out).toBe('2 jobs held.\n');
    expect(await states()).toEqual(['alice 5', 'alice 5', 'bob 1', 'bob 1']);
    expect((await line.run(['release', `${dash}all`, ...alice])).out).toBe('2 jobs released.\n');
    const root = ['--token-file', await line.file('root', await line.token('root', 'admin'))];
    expect((await line.run(['rm', `${dash}all`, ...root])).out).toBe('4 jobs removed.\n');
    expect(await line.run(['rm', `${dash}all`, ...bob])).toMatchObject({ code: 0, out: '0 jobs removed.\n' });
  });
});

it('users in place of jobs stand for all of their jobs, and those of others are refused', async () => {
  const alice = await as('alice');
  await as('bob');
  expect(await line.run(['hold', 'alice', 'bob', ...alice])).toMatchObject({
    code: 3,
    out: '2 jobs held.\n',
    err: expect.stringContaining('bob: the jobs of bob do not belong to alice'),
  });
  expect(await states()).toEqual(['alice 5', 'alice 5', 'bob 1', 'bob 1']);
});

it.each([
  [['rm'], 'no job is named'],
  [['hold', '--all', '12'], '--all leaves nothing else to select'],
  [['release', '--constraint', '1 +'], '--constraint, column 4'],
  [['hold', '1', '--subcode', '1.5'], '"1.5" is not a number of 32 bits'],
  [['hold', '1', '--subcode', '4294967296'], '"4294967296" is not a number of 32 bits'],
])('%j is refused before anything is sent', async (words, message) => {
  const { code, err } = await line.run(words);
  expect(code).toBe(2);
  expect(err).toContain(message);
});

it('a request that takes the pool too long for one answer goes on where the answer ended', async () => {
  const sent: (string | undefined)[] = [];
  const answers: JobActionAnswer[] = [
    { changed: 2, refused: [], next: '3.1' },
    { changed: 1, refused: [{ job: '4.0', reason: 'r' }] },
  ];
  const client = {
    json: async (_path: string, _shape: unknown, { json }: { json?: unknown } = {}) => {
      sent.push((json as JobActionRequest).after);
      return answers.shift() as never;
    },
  };
  const request = { action: 'remove', all: true, reason: 'r' } as const;
  const answer = await changeJobs(client, [request], new AbortController().signal);
  expect(answer).toEqual({ changed: 3, refused: [{ job: '4.0', reason: 'r' }] });
  expect(sent).toEqual([undefined, '3.1']);
});
