import { expect, test } from 'vitest';
import { ClassAd } from '#classad/class-ad.ts';
import { fitOf } from '#match/fit.ts';
import { type Job as PilotJob, readJob } from '#pilot/payload/claim/job.ts';
import type { Job as QueuedJob } from '#pool/jobs/job.ts';
import { JobAds } from '#pool/jobs/job-ads.ts';
import { nextState } from '#pool/queue/next-state.ts';
import { Queue } from '#pool/queue/queue.ts';
import { parseSubmit } from '#submit/parse-submit.ts';
import { slotAd } from '#testing/ads.ts';
import { oneJob } from '#testing/submitted.ts';

/** From the lines of a submit file to what a negotiator, a pilot and a queue make of them, without looking at attributes. */

function submitted(lines: string) {
  const text = `${/^executable/m.test(lines) ? '' : 'executable = a\n'}${lines}\nqueue\n`;
  const { cluster, procs } = parseSubmit(text, {
    file: 'job.sub',
    owner: 'alice',
    directory: '/home/alice',
    now: 1,
    environment: { LANG: 'C', SECRET: 'x' },
    random: () => 0,
    readFile: () => undefined,
    listFiles: () => [],
  });
  const [proc] = procs;
  return { ad: { ...cluster, ...proc?.attributes }, inputs: proc?.inputs ?? [] };
}

/** What a pilot runs. */
function run(lines: string): PilotJob {
  const { ad, inputs } = submitted(lines);
  const resources = { cpus: 1, memory: 1, disk: 1, gpus: 0 };
  const files = inputs.map(({ name, executable }) => ({
    name,
    digest: `sha256:${'0'.repeat(64)}`,
    size: 0,
    executable,
  }));
  return readJob(
    {
      type: 'start',
      claim: { generation: 'g', id: 'c', epoch: 1 },
      job: '1.0',
      ad,
      inputs: files,
      resources,
    },
    {
      slot: 'slot1_1',
      resources,
      gpus: [],
      scratch: '/srv',
      pilot: {},
      deadline: 0,
      services: { environment: new Map(), file: undefined },
    },
  );
}

test.each([
  ['executable', 'executable = bin/tool', { command: ['./tool'] }],
  ['transfer_executable', 'executable = /bin/echo\ntransfer_executable = false', { command: ['/bin/echo'] }],
  ['arguments', `arguments = "1 'two words'"`, { command: ['./a', '1', 'two words'] }],
  ['container_image', 'container_image = el9', { image: 'el9' }],
  ['docker_image', 'docker_image = debian:12', { image: 'docker://debian:12' }],
  ['transfer_container', 'container_image = /i/x.sif\ntransfer_container = false', { image: '/i/x.sif' }],
  ['input', 'input = data/in', { stdin: 'in' }],
  ['output', 'output = log\nerror = log', { joined: true }],
  ['transfer_output', 'output = o\ntransfer_output = false', { stdout: false, stderr: true }],
  ['transfer_error', 'error = e\ntransfer_error = false', { stdout: true, stderr: false }],
  ['transfer_output_files', 'transfer_output_files = x, y/z', { outputs: ['x', 'y/z'] }],
  [
    'when_to_transfer_output',
    'when_to_transfer_output = ON_SUCCESS\nshould_transfer_files = YES',
    { outputsOnSuccessOnly: true },
  ],
])('%s reaches the program that a pilot runs', (_command, lines, expected) => {
  expect(run(lines)).toMatchObject(expected);
});

test.each([
  ['environment', `environment = "A=1 B='x y'"`, { A: '1', B: 'x y' }],
  ['getenv', 'getenv = LA*', { LANG: 'C' }],
])('%s reaches the environment of the program', (_command, lines, expected) => {
  const environment = Object.fromEntries(run(lines).environment);
  expect(environment).toMatchObject(expected);
  expect(environment).not.toHaveProperty('SECRET');
});

/** A slot of this machine with everything that jobs ask for, unless `more` says otherwise. */
const slot = (more: Record<string, string> = {}) =>
  slotAd({
    Arch: '"X86_64"',
    OpSys: '"LINUX"',
    HasFileTransfer: 'true',
    CondorVersion: '"$CondorVersion: 25.14.1 2026-09-01 BuildID: x $"',
    GPUs: '2',
    Cpus: '8',
    Memory: '16000',
    Disk: '9000000',
    ...more,
  });
const fit = (lines: string, more?: Record<string, string>) =>
  fitOf(ClassAd.fromTexts(submitted(lines).ad), slot(more));

test.each([
  ['request_cpus', 'request_cpus = 4', { cpus: 4 }],
  ['request_memory', 'request_memory = 2G', { memory: 2048 }],
  ['request_disk', 'request_disk = 5G', { disk: 5_242_880 }],
  ['request_gpus', 'request_gpus = 2', { gpus: 2 }],
])('a job takes as much of a slot as its %s says', (_command, lines, takes) => {
  expect(fit(lines)).toMatchObject({ fits: true, takes });
});

test('a job does not fit a slot that does not meet the requirements of its submit file', () => {
  const lines = 'requirements = TARGET.Site == "north"';
  expect(fit(lines, { Site: '"north"' })).toMatchObject({ fits: true });
  expect(fit(lines, { Site: '"south"' })).toMatchObject({ fits: false, mismatch: 'jobRequirements' });
});

test('a job ranks a slot as the rank of its submit file says', () => {
  expect(fit('rank = TARGET.Mips', { Mips: '700' })).toMatchObject({ rank: 700 });
});

/** A job of these lines, in the queue of a pool. */
function queued(lines: string): QueuedJob {
  return oneJob(new Queue(), submitted(lines).ad);
}

test.each([
  ['max_retries', 'max_retries = 3', { 0: 'Completed', 1: 'Idle' }],
  ['success_exit_code', 'max_retries = 3\nsuccess_exit_code = 4', { 0: 'Idle', 4: 'Completed' }],
  ['retry_until', 'max_retries = 3\nretry_until = 9', { 8: 'Idle', 9: 'Completed' }],
  ['retry_until', 'max_retries = 3\nretry_until = ExitCode > 8', { 8: 'Idle', 9: 'Completed' }],
])('%s says after which ends a program is run again', (_command, lines, ends) => {
  const job = queued(lines);
  for (const [code, state] of Object.entries(ends)) {
    const outcome = { kind: 'exited' as const, exitCode: Number(code) };
    const ended = { outcome, usage: { wallSeconds: 0 }, startedAt: 1, endedAt: 1, outputs: [] };
    const ad = new JobAds().atEnd(job, ended);
    expect(nextState(job, ad, outcome), `exit code ${code}`).toMatchObject({ state });
    ad.setValue('NumJobCompletions', 4);
    expect(nextState(job, ad, outcome), `the last end, ${code}`).toMatchObject({ state: 'Completed' });
  }
});
