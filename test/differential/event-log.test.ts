import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { logEvents } from '#delivery/log-event.ts';
import { LogFile } from '#delivery/log-file.ts';
import type { EventDetail } from '#wire/events.ts';
import { chrooted } from '../../hack/htcondor/chrooted.mjs';
import { htcondorRoot, skipWithoutHtcondor } from './with-htcondor.ts';

beforeEach(skipWithoutHtcondor);

let directory: string | undefined;
afterEach(async () => {
  if (directory !== undefined) await rm(directory, { recursive: true });
});

const takes = { cpus: 1, memory: 128, disk: 1024, gpus: 0 };
const usage = { wallSeconds: 12, cpuSeconds: 9.5, memoryPeakBytes: 5_000_000, diskPeakBytes: 30_000 };
const hold = { code: 3, subcode: 0, reason: 'The job attribute PeriodicHold expression became true' };
const bytes = { sentBytes: 10, receivedBytes: 20 };

const submitted: EventDetail = { kind: 'submitted', procs: 1 };
const started: EventDetail = { kind: 'started', pilot: 'pilot-1', takes };
const ended = (more: object): EventDetail => ({
  kind: 'ended',
  startedAt: 1,
  endedAt: 2,
  usage,
  takes,
  ...bytes,
  exit: { exitCode: 0 },
  next: 'Completed',
  ...more,
});

/** Prints the types of the events that HTCondor's own reader finds in a log. */
const reader = `import sys, htcondor2
for event in htcondor2.JobEventLog(sys.argv[1]).events(stop_after=0): print(event.type.name, event.cluster, event.proc)`;

/** Runs a program of HTCondor on a log with these events of one job. @returns its lines */
async function ofLog(whats: readonly EventDetail[], program: readonly string[]): Promise<string[]> {
  const root = htcondorRoot();
  directory = await mkdtemp(join(root, 'tmp', 'log-'));
  const job = { id: '7.0', host: '127.0.0.1:9618', notes: ['a note'], requests: takes };
  const events = whats.flatMap((what, seq) =>
    logEvents({ seq, job: job.id, at: 1_800_000_000_000 + seq * 1000, what }, job),
  );
  await new LogFile(join(directory, 'job.log')).bringUpToDate(events);
  const { command, args, env } = chrooted(root, [...program, `/tmp/${basename(directory)}/job.log`]);
  const { stdout } = await promisify(execFile)(command, args, { env }).catch((error) => error);
  return stdout.trim().split('\n');
}

const condorWait = ['condor_wait', '-wait', '1'];

const lives: [string, EventDetail[], string[]][] = [
  ['completes', [submitted, started, ended({})], ['SUBMIT', 'EXECUTE', 'IMAGE_SIZE', 'JOB_TERMINATED']],
  [
    'is killed by a signal',
    [submitted, started, ended({ exit: { signal: 'SIGKILL' } })],
    ['SUBMIT', 'EXECUTE', 'IMAGE_SIZE', 'JOB_TERMINATED'],
  ],
  [
    'is held, released and removed',
    [
      submitted,
      started,
      { kind: 'held', ran: true, hold },
      { kind: 'released', reason: 'via glidein release' },
      { kind: 'removed', reason: 'via glidein rm', ran: false },
    ],
    ['SUBMIT', 'EXECUTE', 'JOB_EVICTED', 'JOB_HELD', 'JOB_RELEASED', 'JOB_ABORTED'],
  ],
  [
    'loses its pilot, is vacated, fails to start, runs again, and ends',
    [
      submitted,
      started,
      { kind: 'lost', pilot: 'pilot-1', reason: 'the pilot is gone', began: true },
      started,
      { kind: 'vacated', hold },
      started,
      ended({ next: 'Idle', exit: undefined, startedAt: undefined, reason: 'the image is not there' }),
      started,
      ended({ next: 'Idle', reason: 'it failed' }),
      started,
      ended({}),
    ],
    (
      'SUBMIT EXECUTE JOB_DISCONNECTED JOB_RECONNECT_FAILED EXECUTE JOB_EVICTED EXECUTE SHADOW_EXCEPTION ' +
      'EXECUTE IMAGE_SIZE JOB_EVICTED EXECUTE IMAGE_SIZE JOB_TERMINATED'
    ).split(' '),
  ],
];

test.each(lives)('HTCondor reads every event of a job that %s', async (_, whats, types) => {
  const read = await ofLog(whats, ['python3', '-c', reader]);
  expect(read).toEqual(types.map((type) => `${type} 7 0`));
});

test.each(lives)('condor_wait hears of the end of a job that %s', async (_, whats) => {
  expect((await ofLog(whats, condorWait)).at(-1)).toBe('All jobs done.');
});

test('condor_wait goes on to wait for a job that is held', async () => {
  const said = await ofLog([submitted, started, ended({ next: 'Held', hold })], condorWait);
  expect(said.at(-1)).toBe('Time expired.');
});
