import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { PoolClient } from '#client/pool-client.ts';
import { createLogger } from '#telemetry/logger.ts';
import type { Outcome } from '#wire/outcome.ts';
import { claimDirectory } from './claim-directory.ts';
import { deliver } from './deliver.ts';
import { readJob } from './job.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-deliver-'));
});
afterAll(() => rm(root, { recursive: true }));

/** What becomes of an end whose job owes a file that its program never wrote. */
async function endedWithout(outcome: Outcome, when: string): Promise<string | undefined> {
  const claim = { generation: 'g', id: 'c', epoch: 1 };
  const directory = claimDirectory(root, claim);
  await mkdir(directory.job, { recursive: true });
  const resources = { cpus: 1, memory: 1, disk: 1, gpus: 0 };
  const none = { TransferOut: 'false', TransferErr: 'false', Out: '"o"', Err: '"e"' };
  const ad = { Cmd: '"x"', TransferOutput: '"result"', WhenToTransferOutput: `"${when}"`, ...none };
  const job = readJob(
    { type: 'start', claim, job: '1.0', ad, inputs: [], resources },
    { slot: 'slot1_1', resources, gpus: [], pilot: {} },
  );
  const delivery = await deliver(
    outcome,
    directory,
    { job, inputs: new Map() },
    {
      uploader: {
        client: new PoolClient({ url: 'http://127.0.0.1:1', token: () => '' }),
        clock: systemClock,
        random: () => 0,
      },
      outputLists: () => false,
      signal: new AbortController().signal,
      logger: createLogger('pilot', { level: 'silent' }),
    },
  );
  return delivery?.outcome.kind;
}

const failed: Outcome = { kind: 'exited', exitCode: 1 };
const succeeded: Outcome = { kind: 'exited', exitCode: 0 };

it('a program that failed owes no outputs to a job that wants them on success alone', async () => {
  expect(await endedWithout(failed, 'ON_SUCCESS')).toBe('exited');
  expect(await endedWithout({ kind: 'signalled', signal: 'SIGSEGV' }, 'ON_SUCCESS')).toBe('signalled');
  expect(await endedWithout(succeeded, 'ON_SUCCESS')).toBe('outputFailed');
  expect(await endedWithout(failed, 'ON_EXIT')).toBe('outputFailed');
});
