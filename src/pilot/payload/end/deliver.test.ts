import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { PoolClient } from '#client/pool-client.ts';
import { createLogger } from '#telemetry/logger.ts';
import { PoolPeer } from '#testing/pool-peer.ts';
import type { Outcome } from '#wire/outcome.ts';
import { TransferFailure, type UrlTransfer } from '../../transfer/transfers.ts';
import { claimDirectory } from '../claim/claim-directory.ts';
import { noServices } from '../claim/discovery.ts';
import { readJob } from '../claim/job.ts';
import { deliver } from './deliver.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-deliver-'));
});
afterAll(() => rm(root, { recursive: true }));

/** An empty file. */
async function made(path: string): Promise<string> {
  await writeFile(path, '');
  return path;
}

/** Delivers a job that leaves these files, as holes. @returns its outcome */
async function ended(
  outcome: Outcome,
  more: Readonly<Record<string, string>>,
  files: Readonly<Record<string, number>> = {},
  url = 'http://127.0.0.1:1',
  send: (transfers: readonly UrlTransfer[]) => Promise<void> = async () => {},
): Promise<Outcome | undefined> {
  const claim = { generation: 'g', id: randomUUID(), epoch: 1 };
  const directory = claimDirectory(root, claim);
  await mkdir(directory.job, { recursive: true });
  for (const [name, size] of Object.entries(files)) {
    await mkdir(dirname(join(directory.job, name)), { recursive: true });
    await truncate(await made(join(directory.job, name)), size);
  }
  const resources = { cpus: 1, memory: 1, disk: 10_240, gpus: 0 };
  const none = { TransferOut: 'false', TransferErr: 'false', Out: '"o"', Err: '"e"' };
  const job = readJob(
    { type: 'start', claim, job: '1.0', ad: { Cmd: '"x"', ...none, ...more }, inputs: [], resources },
    { slot: 'slot1_1', resources, gpus: [], scratch: '/srv', pilot: {}, deadline: 0, services: noServices },
  );
  const client = new PoolClient({ url, token: () => '' });
  const delivery = await deliver(
    outcome,
    directory,
    { job, inputs: new Map(), plugInJob: { directory: directory.root, variables: {} } },
    {
      uploader: { client, clock: systemClock, random: () => 0 },
      outputLists: () => false,
      transfers: { send },
      transferLimit: 3_600_000,
      clock: systemClock,
      mostOutputs: 3 * 2 ** 20,
      signal: new AbortController().signal,
      logger: createLogger('pilot', { level: 'silent' }),
    },
  );
  await client.close();
  return delivery?.outcome;
}

/** Delivers a job that names an output which its program never wrote. @returns its outcome */
const endedWithout = async (outcome: Outcome, when: string): Promise<string | undefined> =>
  (await ended(outcome, { TransferOutput: '"result"', WhenToTransferOutput: `"${when}"` }))?.kind;

const failed: Outcome = { kind: 'exited', exitCode: 1 };
const succeeded: Outcome = { kind: 'exited', exitCode: 0 };

it('a program that failed owes no outputs if its job wants them on success only', async () => {
  expect(await endedWithout(failed, 'ON_SUCCESS')).toBe('exited');
  expect(await endedWithout({ kind: 'signalled', signal: 'SIGSEGV' }, 'ON_SUCCESS')).toBe('signalled');
  expect(await endedWithout(succeeded, 'ON_SUCCESS')).toBe('outputFailed');
  expect(await endedWithout(failed, 'ON_EXIT')).toBe('outputFailed');
});

const halfMore = 1.5 * 2 ** 20;

it.each(['2', '-1', 'undefined', '"many"'])(
  'a job that leaves 1.5 MiB with max_transfer_output_mb = %s ends as its program did',
  async (limit) => {
    const pool = await PoolPeer.listen();
    const outcome = await ended(succeeded, { MaxTransferOutputMB: limit }, { a: halfMore }, pool.url);
    expect(outcome).toEqual(succeeded);
    expect(pool.blobs.size).toBe(1);
    await pool.close();
  },
);

it.each(['1', '0', 'MaxTransferInputMB / 2'])(
  "a job that leaves 1.5 MiB with max_transfer_output_mb = %s is held with HTCondor's code",
  async (limit) => {
    const more = { MaxTransferOutputMB: limit, MaxTransferInputMB: '2' };
    expect(await ended(succeeded, more, { a: 2 ** 20, b: 2 ** 19 })).toMatchObject({
      kind: 'outputFailed',
      holdCode: 33,
      reason: expect.stringMatching(/^the output files have 2 MiB, and the job allows [01] MiB$/),
      exit: { exitCode: 0 },
    });
  },
);

it('a stream counts towards max_transfer_output_mb if the job names it', async () => {
  const printed = { '../stdout': halfMore };
  const limit = { MaxTransferOutputMB: '1' };
  const pool = await PoolPeer.listen();
  const named = await ended(succeeded, { ...limit, TransferOut: 'true' }, printed, pool.url);
  expect(named).toMatchObject({ kind: 'outputFailed', holdCode: 33 });
  const unnamed = { ...limit, TransferOut: 'true', Out: '"/dev/null"' };
  expect(await ended(succeeded, unnamed, printed, pool.url)).toEqual(succeeded);
  await pool.close();
});

it('standard output and error in one file count once towards max_transfer_output_mb', async () => {
  const pool = await PoolPeer.listen();
  const joined = {
    MaxTransferOutputMB: '1',
    Out: '"both"',
    Err: '"both"',
    TransferOut: 'true',
    TransferErr: 'true',
  };
  const printed = { '../stdout': 2 ** 19 + 1, '../stderr': 2 ** 19 + 1 };
  expect(await ended(succeeded, joined, printed, pool.url)).toEqual(succeeded);
  await pool.close();
});

it('a job that leaves more than its group allows is held with the numbers', async () => {
  expect(await ended(succeeded, {}, { a: 2 ** 21, b: 1.5 * 2 ** 20 })).toEqual({
    kind: 'outputFailed',
    holdCode: 33,
    reason:
      'the output files have 3.5MiB, and the group of the pilot allows 3MiB: keep them where the job can put them itself',
    exit: { exitCode: 0 },
  });
});

it('a job whose files have more bytes than its disk, because they have holes, is held with the numbers', async () => {
  expect(await ended(succeeded, {}, { a: 2 ** 40, b: 1 })).toMatchObject({
    kind: 'outputFailed',
    holdCode: 34,
    subcode: 104,
    reason: expect.stringMatching(
      /^the output files have 1TiB with their holes, and the job was given 10MiB of disk:/,
    ),
  });
});

/** Delivers a job that wants its outputs at URLs. @returns its outcome, and where each of its files went */
async function endedWithUrls(
  more: Readonly<Record<string, string>>,
  files: Readonly<Record<string, number>>,
  fail?: (url: string) => Error,
): Promise<{ readonly outcome: Outcome | undefined; readonly sent: Record<string, number> }> {
  const sent: Record<string, number> = {};
  const outcome = await ended(succeeded, more, files, undefined, async (transfers) => {
    for (const { url, path } of transfers) {
      if (fail !== undefined) throw fail(url);
      sent[url] = (await readFile(path)).length;
    }
  });
  return { outcome, sent };
}

it('outputs go to the URLs of their own, or below the destination of all, and need no pool', async () => {
  const own = {
    TransferOutput: '"a,b,c/"',
    OutputDestination: '"osdf:///out/"',
    TransferOutputRemaps: '"a = test://host/x?y; b = b2"',
  };
  const { outcome, sent } = await endedWithUrls(own, { a: 1, b: 2, 'c/d': 3 });
  expect(outcome).toEqual(succeeded);
  expect(sent).toEqual({ 'test://host/x?y': 1, 'osdf:///out/b': 2, 'osdf:///out/d': 3 });
});

it('an output that does not get to its URL holds its job, with the URL and the reason', async () => {
  const own = { OutputDestination: '"https://me:secret@host/out"' };
  const refused = (url: string) => new TransferFailure(url, 'the server answered 403 Forbidden');
  expect((await endedWithUrls(own, { a: 1 }, refused)).outcome).toEqual({
    kind: 'outputFailed',
    holdCode: 12,
    reason: 'an output was not sent to https://host/out/a: the server answered 403 Forbidden',
    exit: { exitCode: 0 },
  });
});

it('a plug-in that does not work is not the fault of the job, which runs again', async () => {
  const broken = () => new GlideinError('RuntimeFailed', 'the plug-in does not work');
  expect((await endedWithUrls({ OutputDestination: '"x://y"' }, { a: 1 }, broken)).outcome).toMatchObject({
    kind: 'startFailed',
    blame: 'pilot',
    reason: 'the plug-in does not work',
  });
});
