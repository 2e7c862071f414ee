import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { siteManifests } from '#testing/manifests.ts';

let up: GlideinUp;
beforeAll(async () => {
  up = await GlideinUp.start(siteManifests({}));
});
afterAll(() => up?.stop());

let copies = 0;

/** A copy of a case, in its own directory. */
async function copyOf(name: string): Promise<string> {
  copies += 1;
  const directory = join(up.directory, `${name}.${copies}`);
  await cp(join(import.meta.dirname, 'cases', name), directory, { recursive: true });
  return directory;
}

async function submitIn(cwd: string): Promise<number> {
  const { code, out, err } = await up.glidein(['submit', 'job.sub'], { cwd });
  expect(code, err).toBe(0);
  return Number(/cluster (\d+)/.exec(out)?.[1]);
}

/** Waits until a file is there. @returns its text */
async function appears(...path: string[]): Promise<string> {
  let text = '';
  await eventually(async () => {
    text = await readFile(join(...path), 'utf8');
  });
  return text;
}

test('results appear where transfer_output_remaps, output and error say, without a further command', async () => {
  const directory = await copyOf('output-remaps');
  const cluster = await submitIn(directory);
  for (const proc of [0, 1]) {
    expect(await appears(directory, 'out/deep', `result.${cluster}.${proc}.txt`)).toBe('r\n');
    expect(await appears(directory, 'logs', `job.${cluster}.${proc}.out`)).toBe('');
    expect(await appears(directory, 'logs', `job.${cluster}.${proc}.err`)).toBe('');
  }
  expect((await readdir(directory)).sort()).toEqual(['job.sub', 'logs', 'out']);
});

test('output and error with the same name contain what the job wrote to both', async () => {
  const directory = await copyOf('output-and-error-in-one-file');
  await submitIn(directory);
  expect(await appears(directory, 'both.txt')).toBe('to-out\nto-err\n');
  expect((await readdir(directory)).sort()).toEqual(['both.txt', 'job.sub']);
});

/** The numbers of HTCondor's events, in order. */
const numbersIn = (log: string): string[] => log.match(/^\d{3}(?= \()/gm) ?? [];

/** Waits until the log of a job says that it has ended. @returns all of it */
async function endedLog(directory: string): Promise<string> {
  let log = '';
  await eventually(async () => {
    log = await readFile(join(directory, 'job.log'), 'utf8');
    expect(numbersIn(log).at(-1)).toBe('005');
  });
  return log;
}

test('the event log has the same events as HTCondor’s, each once, whatever happens to glidein up', async () => {
  const directory = await copyOf('event-log');
  await submitIn(directory);
  const log = await endedLog(directory);
  expect(numbersIn(log).filter((number) => number !== '006')).toEqual(['000', '001', '005']);
  expect(log).toMatch(/Normal termination \(return value 0\)/);

  // As after a crash before anything was recorded: everything is reported again.
  process.kill(up.pid, 'SIGKILL');
  await eventually(async () => expect(await up.leftovers()).toEqual([]));
  await rm(join(up.directory, 'state', 'delivery.json'));
  await up.again();
  const later = await copyOf('event-log');
  await submitIn(later);
  await endedLog(later);
  expect(await readFile(join(directory, 'job.log'), 'utf8')).toBe(log);
});

test('results that cannot be written here stay in the pool until they can', async () => {
  const directory = await copyOf('output-and-error-in-one-file');
  // Nobody, not even root, can write a file over a directory.
  await mkdir(join(directory, 'both.txt'));
  const cluster = await submitIn(directory);
  await eventually(async () =>
    expect(up.said).toMatch(new RegExp(`both.txt of job ${cluster}.0 could not be written`)),
  );
  await rm(join(directory, 'both.txt'), { recursive: true });
  expect(await appears(directory, 'both.txt')).toBe('to-out\nto-err\n');
});
