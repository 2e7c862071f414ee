import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { holdCodes } from '#base/hold-codes.ts';
import { createLogger } from '#telemetry/logger.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { Outcome } from '#wire/outcome.ts';
import { containerProcesses } from '../../runtime/container-processes.ts';
import { residentOf } from './process-memory.ts';
import { type PayloadWatch, ResourceWatch } from './resource-watch.ts';

const mebi = 2 ** 20;
const killed: Outcome = { kind: 'signalled', signal: 'SIGKILL' };

let directory: string;
let clock: ManualClock;
let kills: number;
let watch: ResourceWatch;
const children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-resource-watch-'));
  clock = new ManualClock();
  kills = 3;
  watch = new ResourceWatch({
    directory,
    launcher: { bound: async () => 0 },
    clock,
    logger: createLogger('resource-watch-test', { level: 'silent' }),
    diskFull: () => {},
    limits: { processes: 1000, openFiles: 1000 },
    cpus: 1,
    node: { left: () => 290 * mebi, limit: () => 384 * mebi, machine: () => 4000 * mebi, kills: () => kills },
  });
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }
  await rm(directory, { recursive: true });
});

/** A payload that uses this many MiB. Without a leader, it is dead already. */
const payload = (memory: number, leader = 2 ** 30): PayloadWatch =>
  watch.watch({
    leader,
    root: directory,
    resources: { cpus: 1, memory, disk: 1024, gpus: 0 },
    asked: { memory: 64, disk: undefined },
    exceeded: () => {},
  });

/** A process tree like a container's: two processes of the runtime, and one that uses more than 32 MiB. */
async function container(): Promise<number> {
  const script = `sh -c '"$0" -e "const b = Buffer.alloc(2 ** 25, 1); setTimeout(() => b, 60_000)"; :' "$0"; :`;
  const child = spawn('/bin/sh', ['-c', script, process.execPath], { detached: true, stdio: 'ignore' });
  children.push(child);
  const leader = child.pid ?? 0;
  await expect
    .poll(() => residentOf(containerProcesses(leader)).anonymous, { timeout: 20_000 })
    .toBeGreaterThan(32 * mebi);
  return leader;
}

it('a job that the kernel killed before it was seen above its request is held if no other exceeds', async () => {
  payload(1024, await container());
  const greedy = payload(128);
  kills += 1;
  expect(await greedy.judge(killed)).toEqual({
    kind: 'exceeded',
    holdCode: holdCodes.outOfResources,
    subcode: 102,
    reason: expect.stringMatching(/the kernel killed the job when all 384 MiB .* it asked for 64 MiB/),
  });
});

it('a job that the kernel killed runs again if another payload is above its request', async () => {
  payload(0, await container());
  const innocent = payload(128);
  kills += 1;
  expect(await innocent.judge(killed)).toMatchObject({ kind: 'stopped' });
});

it('a job that the kernel killed runs again if another has ended since, because that may have exceeded its request', async () => {
  const other = payload(128);
  const victim = payload(128);
  kills += 1;
  await other.stop();
  expect(await victim.judge(killed)).toMatchObject({ kind: 'stopped' });
});

it('a job that the kernel killed runs again if the kernel killed two, because it is unknown which exceeded', async () => {
  const victim = payload(128);
  kills += 2;
  expect(await victim.judge(killed)).toMatchObject({ kind: 'stopped' });
});

it('a job that kills itself is not held because of an earlier kill by the kernel', async () => {
  const job = payload(128);
  kills += 1;
  clock.advance(1000);
  clock.advance(60_000);
  expect(await job.judge(killed)).toMatchObject({ kind: 'stopped' });
});
