import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { siteManifests } from '#testing/manifests.ts';

let up: GlideinUp;
beforeAll(async () => {
  up = await GlideinUp.start(siteManifests({}), { GLIDEIN_POOL_PERIODIC_INTERVAL: '1s' });
});
afterAll(() => up?.stop());

/**
 * Runs `sh -c PROGRAM` with further lines in its submit file.
 * @param states 4: it has ended; 5: it is held
 * @returns what is said of the job when it is in one of these states
 */
async function ended(program: string, lines: string, states = ['4', '5']) {
  const text = [
    'container_image = hello',
    'request_memory = 64 MB',
    'request_disk = 50 MB',
    'executable = /bin/sh',
    'transfer_executable = false',
    `arguments = "-c '${program}'"`,
    lines,
    'queue',
  ];
  const cluster = await up.submit(text.join('\n'));
  return eventually(async () => {
    // A claim that a leaving pilot gives back is an attempt, but not an end of the job.
    const [job] = await up.jobs(cluster);
    expect(states).toContain(job?.ad.JobStatus);
    return { ends: job?.ad.NumJobCompletions, ad: job?.ad };
  }, 60_000);
}

test('a program that always fails is retried max_retries times, and its job completes with the last exit code', async () => {
  const { ends, ad } = await ended('exit 3', 'max_retries = 2');
  expect(ends).toBe('3');
  expect(ad).toMatchObject({ JobStatus: '4', ExitCode: '3' });
});

test('a program that succeeds at its second try is not run again', async () => {
  const secondTry = 'grep -q ^NumShadowStarts.=.[2-9] .job.ad';
  const { ends, ad } = await ended(secondTry, 'max_retries = 5');
  expect(ends).toBe('2');
  expect(ad).toMatchObject({ JobStatus: '4', ExitCode: '0' });
});

test('a program that ends with the success_exit_code is not run again, and one that ends with 0 is', async () => {
  expect(await ended('exit 7', 'max_retries = 2\nsuccess_exit_code = 7')).toMatchObject({ ends: '1' });
  expect(await ended('exit 0', 'max_retries = 1\nsuccess_exit_code = 7')).toMatchObject({ ends: '2' });
});

test('a program whose end makes retry_until true is not run again', async () => {
  expect(await ended('exit 9', 'max_retries = 2\nretry_until = 9')).toMatchObject({ ends: '1' });
  expect(await ended('kill -9 $$', 'max_retries = 2\nretry_until = ExitBySignal')).toMatchObject({
    ends: '1',
    ad: { ExitSignal: '9' },
  });
});

test('a job that is held by its on_exit_hold is not retried', async () => {
  const lines = 'max_retries = 2\non_exit_hold = ExitCode == 4\non_exit_hold_reason = "bad input"';
  expect(await ended('exit 4', lines)).toMatchObject({
    ends: '1',
    ad: { JobStatus: '5', HoldReason: '"bad input"' },
  });
});

test('a job that runs out of memory runs again with the memory of its retry_request_memory, and ends', async () => {
  // A shell gives up its memory for the last of its commands.
  const program = 'x=`yes | head -c 150000000`; sleep 5; true';
  const { ad } = await ended(program, 'retry_request_memory = 100 MB, 600 MB');
  expect(ad).toMatchObject({
    JobStatus: '4',
    ExitCode: '0',
    RequestMemory: '600',
    VacateReasonCode: '34',
    VacateReasonSubCode: '102',
    NumHolds: '0',
  });
});

test('a job that has saved its work goes on at once, and elsewhere with what it has saved when it is evicted', async () => {
  await writeFile(join(up.directory, 'count'), '0\n');
  // Its first try is evicted at the third execution, which has saved nothing.
  const program = [
    'n=$((`cat count` + 1)); echo run $n; echo $n > count',
    'if [ $n -lt 3 ]; then exit 85; fi',
    'if grep -q ^NumShadowStarts.=.1 .job.ad; then sleep 60; fi',
    'cat count > out',
  ].join('; ');
  const lines = [
    'transfer_input_files = count',
    'checkpoint_exit_code = 85',
    'transfer_checkpoint_files = count',
    'transfer_output_files = out',
    'output = printed',
    'periodic_vacate = NumShadowStarts == 1 && CheckpointNumber == 1',
  ];
  const { ad } = await ended(program, lines.join('\n'), ['4']);
  expect(ad).toMatchObject({ ExitCode: '0', NumShadowStarts: '2', NumVacates: '1', CheckpointNumber: '1' });
  const read = (name: string) => readFile(join(up.directory, name), 'utf8');
  await eventually(async () => expect(await read('printed')).toBe('run 1\nrun 2\nrun 3\n'));
  expect(await read('out')).toBe('3\n');
});
