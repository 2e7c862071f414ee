import { mkdir, readdir, readFile, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinLine } from '#testing/glidein-line.ts';
import { PrintedText } from '#testing/piped-terminal.ts';
import { registeredPilot } from '#testing/registered-pilot.ts';
import type { ScriptedPilot } from '#testing/scripted-pilot.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
let pilot: ScriptedPilot;

beforeAll(async () => {
  line = await GlideinLine.start();
  pilot = await registeredPilot(line, 'p');
});
afterAll(async () => {
  pilot?.cut();
  await line.stop();
});

/** Submits one job whose directory is `name`. @returns the cluster, and the directory */
async function submit(name: string, more = ''): Promise<{ cluster: string; directory: string }> {
  const directory = join(line.directory, name);
  await mkdir(directory);
  const text = `executable = /bin/sh\ntransfer_executable = false\ncontainer_image = hello\ninitialdir = ${directory}\n${more}\nqueue\n`;
  const { out, err } = await line.run(['submit', await line.file(`${name}.sub`, text)]);
  const cluster = /cluster (\d+)/.exec(out)?.[1];
  expect(cluster, err).toBeDefined();
  return { cluster: cluster ?? '', directory };
}

test('wait downloads the results and writes the event log of a job, and ends when the job has ended', async () => {
  const more =
    'log = job.log\noutput = o.txt\ntransfer_output_files = a\ntransfer_output_remaps = "a = deep/b"';
  const { cluster, directory } = await submit('results', more);
  const waiting = line.run(['wait', cluster]);
  const start = await pilot.begin(`${cluster}.0`);
  await eventually(async () => expect(await readFile(join(directory, 'job.log'), 'utf8')).toMatch(/^001 /m));
  await pilot.finish(start, {
    outputs: [await pilot.bring('a', 'a result'), await pilot.bring('stray', 'x')],
    stdout: await pilot.bring('_stdout', 'printed'),
  });
  expect(await waiting).toEqual({
    code: 0,
    out: '1 job has ended.\n',
    err: `${cluster}.0: stray stays in the pool: it is not among the transfer_output_files\n`,
  });
  expect(await readFile(join(directory, 'deep/b'), 'utf8')).toBe('a result');
  expect(await readFile(join(directory, 'o.txt'), 'utf8')).toBe('printed');
  expect((await readdir(directory)).sort()).toEqual(['deep', 'job.log', 'o.txt']);

  const log = await readFile(join(directory, 'job.log'), 'utf8');
  expect(log.match(/^\d{3}(?= )/gm)).toEqual(['000', '001', '005']);
  expect((await line.run(['wait', `${cluster}.0`])).code).toBe(0);
  expect(await readFile(join(directory, 'job.log'), 'utf8')).toBe(log);
});

test('wait exits with an error code when results could not be written', async () => {
  const { cluster, directory } = await submit('blocked', 'output = o.txt');
  await mkdir(join(directory, 'o.txt'));
  const start = await pilot.begin(`${cluster}.0`);
  await pilot.finish(start, { stdout: await pilot.bring('_stdout', 'printed') });
  const { code, err } = await line.run(['wait', cluster]);
  expect(err).toMatch(/o\.txt of job \d+\.0 could not be written: .*; make room there/);
  expect(code).toBe(10);
});

test('wait ends with an error for an output in a folder that cannot be made', async () => {
  const { cluster } = await submit('never', 'output = /proc/nope/deep/out.txt');
  const start = await pilot.begin(`${cluster}.0`);
  await pilot.finish(start, { stdout: await pilot.bring('_stdout', 'printed') });
  const { code, err } = await line.run(['wait', cluster]);
  expect(err).toMatch(/\/proc\/nope\/deep\/out\.txt of job \d+\.0 could not be written: /);
  expect(code).toBe(10);
});

test('wait reports each hold of a job once with its reason, and keeps waiting', async () => {
  const { cluster } = await submit('held');
  const job = `${cluster}.0`;
  const err = new PrintedText();
  await line.run(['hold', job, '--reason', 'wrong calibration']);
  const waiting = line.run(['wait', cluster], { err });
  const held = /is held \(code 1\): wrong calibration \(by alice\)\n/g;
  await eventually(async () => expect(err.text.match(held)).toHaveLength(1));
  await line.run(['release', job]);
  await pilot.begin(job);
  await line.run(['hold', job, '--reason', 'wrong calibration']);
  await eventually(async () => expect(err.text.match(held)).toHaveLength(2));
  await line.run(['rm', job]);
  expect(await waiting).toMatchObject({ code: 0, out: '1 job has ended.\n' });
  expect(err.text.match(held)).toHaveLength(2);
  expect(err.text).toContain(
    'waiting until they are released (`glidein release`) or removed (`glidein rm`)\n',
  );
});

test('wait says of a job that is held why it is, while one that was named before it still waits', async () => {
  const { cluster: first } = await submit('first', 'request_cpus = 64');
  const { cluster: second } = await submit('second', 'request_cpus = 64');
  const err = new PrintedText();
  await line.run(['hold', second, '--reason', 'wrong calibration']);
  const waiting = line.run(['wait', first, second], { err });
  await eventually(() => expect(err.text).toContain(`${second}.0 is held (code 1): wrong calibration`));
  await line.run(['rm', first, second]);
  expect(await waiting).toMatchObject({ code: 0, out: '2 jobs have ended.\n' });
});

test('wait for the job of somebody else says that its results are not for whoever waits', async () => {
  const { cluster } = await submit('others', 'output = o.txt');
  const start = await pilot.begin(`${cluster}.0`);
  await pilot.finish(start, { stdout: await pilot.bring('_stdout', 'printed') });
  const bob = await line.file('bob.token', await line.token('bob', 'submitter'));
  expect(await line.run(['wait', cluster], { environment: { GLIDEIN_TOKEN_FILE: bob } })).toEqual({
    code: 0,
    out: '1 job has ended.\n',
    err: 'the results of jobs of alice stay in the pool: they belong to alice\n',
  });
});

test('wait does not replace a file that is newer than the end of the job', async () => {
  const { cluster, directory } = await submit('newer', 'output = o.txt');
  const start = await pilot.begin(`${cluster}.0`);
  await pilot.finish(start, { stdout: await pilot.bring('_stdout', 'printed') });
  const edited = await line.file('newer/o.txt', 'edited by hand');
  const aSecondLater = Date.now() / 1000 + 1;
  await utimes(edited, aSecondLater, aSecondLater);
  const { code, err } = await line.run(['wait', cluster]);
  expect(err).toMatch(/o\.txt is newer than this result and was not replaced/);
  expect(code).toBe(0);
  expect(await readFile(join(directory, 'o.txt'), 'utf8')).toBe('edited by hand');
});

test('wait downloads a result whose name has the greatest possible length', async () => {
  const { cluster, directory } = await submit('long');
  const start = await pilot.begin(`${cluster}.0`);
  const name = 'n'.repeat(255);
  await pilot.finish(start, { outputs: [await pilot.bring(name, 'a result')] });
  expect(await line.run(['wait', cluster])).toMatchObject({ code: 0, err: '' });
  expect(await readdir(directory)).toEqual([name]);
  const there = join(line.directory, 'fetched');
  expect(await line.run(['fetch', cluster, '-d', there])).toMatchObject({ code: 0 });
  expect(await readdir(there)).toEqual([name]);
});

test('wait does not replace the event log through a link to it', async () => {
  const { cluster, directory } = await submit('linked', 'log = job.log\noutput = o.txt');
  await symlink('job.log', join(directory, 'o.txt'));
  const waiting = line.run(['wait', cluster]);
  const start = await pilot.begin(`${cluster}.0`);
  await eventually(async () => expect(await readFile(join(directory, 'job.log'), 'utf8')).toMatch(/^001 /m));
  await pilot.finish(start, { stdout: await pilot.bring('_stdout', 'printed') });
  const { code, err } = await waiting;
  expect(err).toMatch(/_stdout stays in the pool: .*o\.txt is a link to the event log/);
  expect(code).toBe(0);
  expect(await readFile(join(directory, 'job.log'), 'utf8')).toMatch(/^000 [\s\S]*^005 /m);
});

test('wait reports a result that the pool has lost, and downloads the results of other jobs', async () => {
  const broken = await submit('broken', 'log = job.log');
  const whole = await submit('whole', 'log = job.log');
  const start = await pilot.begin(`${broken.cluster}.0`);
  await pilot.finish(start, { outputs: [{ ...(await pilot.bring('a', 'a result')), size: 2 }] });
  await pilot.finish(await pilot.begin(`${whole.cluster}.0`), { outputs: [await pilot.bring('b', 'other')] });
  const { code, err } = await line.run(['wait', broken.cluster, whole.cluster]);
  expect(err).toMatch(/the pool sent more than its 2 bytes/);
  expect(code).toBe(10);
  expect((await readdir(whole.directory)).sort()).toEqual(['b', 'job.log']);
});

test('wait ends when a job without an event log is removed', async () => {
  const { cluster } = await submit('removed', 'request_cpus = 64');
  const waiting = line.run(['wait', cluster]);
  expect((await line.run(['rm', cluster])).code).toBe(0);
  expect(await waiting).toEqual({ code: 0, out: '1 job has ended.\n', err: '' });
});

test('wait fails for a job that does not exist', async () => {
  expect(await line.run(['wait', '999'])).toMatchObject({ code: 4, out: '' });
});
