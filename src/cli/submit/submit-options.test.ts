import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { GlideinLine } from '#testing/glidein-line.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
beforeAll(async () => {
  line = await GlideinLine.start();
});
afterAll(async () => {
  await line.stop();
});

const text =
  'executable = /bin/sh\ntransfer_executable = false\ncontainer_image = hello\nrequest_cpus = 64\narguments = $(x)\npriority = 1\n';

/** The attributes of every job that a command line would queue. */
async function ads(words: readonly string[], content = `${text}queue\n`): Promise<Record<string, string>[]> {
  const file = await line.file('job.sub', content);
  const { out, err } = await line.run(['submit', '--dry-run', '-o', 'json', file, ...words]);
  if (out === '') throw new Error(err);
  return JSON.parse(out) as Record<string, string>[];
}

async function error(words: readonly string[], content = `${text}queue\n`): Promise<string> {
  const file = await line.file('job.sub', content);
  const { code, out, err } = await line.run(['submit', file, ...words]);
  expect([code, out]).toEqual([2, '']);
  return err;
}

test('relative names start from the working directory, wherever the submit file is', async () => {
  await mkdir(join(line.directory, 'jobs'));
  await line.file('run.sh', '#!/bin/sh\n');
  await line.file('items', 'a\nb\n');
  const content = 'executable = run.sh\ninclude : more.inc\nqueue x from items\n';
  await line.file('more.inc', 'container_image = hello\n');
  const file = await line.file('jobs/job.sub', content);
  const { out, err } = await line.run(['submit', '--dry-run', '-o', 'json', file]);
  expect(err).toBe('');
  const both = { Cmd: JSON.stringify(join(line.directory, 'run.sh')), Iwd: JSON.stringify(line.directory) };
  expect(JSON.parse(out)).toMatchObject([both, both]);
});

test('a program that is beside the submit file but not in the working directory is reported with its path', async () => {
  await mkdir(join(line.directory, 'aside'));
  await line.file('aside/prog.sh', '#!/bin/sh\n');
  await line.file('aside/job.sub', 'executable = prog.sh\ncontainer_image = hello\nqueue\n');
  const { code, err } = await line.run(['submit', '--dry-run', 'aside/job.sub']);
  expect(code).toBe(2);
  expect(err).toContain(
    'relative names start from your working directory, not from the submit file: write aside/prog.sh, or change to aside first',
  );
});

test('NAME=VALUE on the command line can be used and changed by the submit file', async () => {
  expect(await ads(['x=a b', 'priority=9'])).toMatchObject([{ Args: '"a b"', JobPrio: '1' }]);
});

test('MY.NAME=VALUE on the command line sets an attribute', async () => {
  expect(await ads(['MY.Colour="red"'])).toMatchObject([{ Colour: '"red"' }]);
});

test.each([['-append'], ['-a'], ['-app'], ['--append']])('%s of submit wins over the file', async (flag) => {
  expect(await ads([flag, 'priority = 7', flag, '+Extra = 5'])).toMatchObject([{ JobPrio: '7', Extra: '5' }]);
});

test.each([
  [
    ['-queue', 'x', 'in', 'a', 'b'],
    ['a', 'b'],
  ],
  [
    ['-queue', '2', 'x', 'in', '(a b)'],
    ['a', 'a', 'b', 'b'],
  ],
  [
    ['--queue', 'x', 'in', 'a', 'b', '-unused'],
    ['a', 'b'],
  ],
  [
    ['-a', 'queue x in a, b'],
    ['a', 'b'],
  ],
])('%j queues the jobs of a file that has no queue statement', async (words, args) => {
  expect((await ads(words, text)).map(({ Args }) => Args)).toEqual(args.map((arg) => `"${arg}"`));
});

test('-queue is refused, with the place, for a file that has a queue statement', async () => {
  expect(await error(['-queue', '2'])).toMatch(/job\.sub:7:1.*queue statement.*leave out -queue/s);
});

test.each([
  ['-batch-name', 'JobBatchName'],
  ['--batch-name', 'JobBatchName'],
  ['-batch-id', 'JobBatchId'],
])('%s of submit wins over the file', async (flag, attribute) => {
  expect(await ads([flag, 'an evening'], `batch_name = file\n${text}queue\n`)).toMatchObject([
    { [attribute]: '"an evening"' },
  ]);
});

test('-maxjobs queues nothing when the file has more jobs', async () => {
  const file = await line.file('job.sub', `${text}queue 3\n`);
  expect(await line.run(['submit', '-maxjobs', '2', file])).toMatchObject({
    out: '',
    err: expect.stringContaining('the file queues 3 jobs, more than the 2 that -maxjobs allows'),
  });
  expect(await ads(['-maxjobs', '3'], `${text}queue 3\n`)).toHaveLength(3);
});

test('-terse prints only the first and the last job', async () => {
  const file = await line.file('job.sub', `${text}queue 3\n`);
  expect((await line.run(['submit', '-terse', file])).out).toMatch(/^(\d+)\.0 - \1\.2\n$/);
});

test('-verbose prints the ads with the cluster number that the pool assigned', async () => {
  const file = await line.file('job.sub', `${text}queue 2\n`);
  const { out } = await line.run(['submit', '-verbose', file]);
  const cluster = /to cluster (\d+)/.exec(out)?.[1];
  expect(out).toContain(`** Proc ${cluster}.1:`);
  expect(out.match(new RegExp(`^ClusterId *= *${cluster}$`, 'gm'))).toHaveLength(2);
});

test('-unused suppresses warnings about names that nothing uses or defines', async () => {
  const file = await line.file('job.sub', `never = 1\n${text}queue\n`);
  expect((await line.run(['submit', '-dry-run', '-', file])).err).toContain('never');
  expect((await line.run(['submit', '-dry-run', '-', '-unused', file])).err).toBe('');
});

test('-dry-run FILE writes the ads into the file and queues nothing', async () => {
  const file = await line.file('job.sub', `${text}queue\n`);
  const { out } = await line.run(['submit', '-dry-run', 'ads.txt', file]);
  expect(out).toBe('The ads of 1 job are in ads.txt; nothing was queued.\n');
  expect(await readFile(join(line.directory, 'ads.txt'), 'utf8')).toMatch(/^JobPrio *= *1$/m);
});

test('-dry-run refuses to overwrite the submit file', async () => {
  expect(await error(['-dry-run', 'job.sub'])).toContain('over the submit file');
  expect(await readFile(join(line.directory, 'job.sub'), 'utf8')).toBe(`${text}queue\n`);
});

test('-file accepts a submit file with = in its name', async () => {
  const file = await line.file('a=b.sub', `${text}queue\n`);
  expect((await line.run(['submit', '--dry-run', '-file', file])).out).toMatch(/^JobPrio *= *1$/m);
});

test('the submit file - is standard input', async () => {
  const { out } = await line.run(['submit', '-dry-run', '-', '-'], { input: `${text}queue\n` });
  expect(out).toMatch(/^JobPrio *= *1$/m);
});

test('submit with a program and -queue on its command line needs no file', async () => {
  const words = ['executable=/bin/sh', 'transfer_executable=false', 'container_image=hello', '-queue', '2'];
  expect((await line.run(['submit', 'request_cpus=64', ...words])).out).toMatch(/^2 jobs submitted/);
});

test('-spool and -single-cluster are accepted, because they are always in effect', async () => {
  expect(await ads(['-spool', '-single-cluster'])).toHaveLength(1);
});

test('-allow-crlf-script turns the refusal of a script into a warning', async () => {
  await line.file('dos.sh', '#!/bin/sh\r\necho hello\r\n');
  const file = await line.file('dos.sub', 'executable = dos.sh\ncontainer_image = hello\nqueue\n');
  const refused = await line.run(['submit', '--dry-run', file]);
  expect(refused).toMatchObject({ out: '', err: expect.stringContaining('dos2unix') });
  const { out, err } = await line.run(['submit', '--dry-run', '-allow-crlf-script', file]);
  expect(out).toContain('dos.sh');
  expect(err).toContain('DOS line ends');
});

test('an option of submit without its value is refused with what to write', async () => {
  expect(await error(['-append'])).toContain('write -append VALUE');
  expect(await error(['-queue'])).toContain('-queue 10');
});

test.each([
  ['-name', 'choose a pool with --pool'],
  ['-remote', 'inputs always travel'],
  ['-addr', 'choose a pool'],
  ['-interactive', 'glidein ssh --wait JOB'],
  ['-i', 'glidein ssh --wait JOB'],
  ['-factory', 'a million jobs'],
  ['-dump', 'write -dry-run FILE'],
  ['-debug', 'glidein why'],
  ['-disable', 'name only inputs that exist'],
  ['-capabilities', 'docs/submit.md'],
])('%s of condor_submit is refused with advice', async (flag, advice) => {
  const file = await line.file('job.sub', `${text}queue\n`);
  const { code, err } = await line.run(['submit', file, flag, 'x']);
  expect(code).not.toBe(0);
  expect(err).toContain(advice);
});

test('submit refuses two submit files', async () => {
  expect(await error(['other.sub'])).toContain('are two submit files');
});
