import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Clock, systemClock } from '#base/clock.ts';
import { createLogger } from '#telemetry/logger.ts';
import { testPlugIns } from '#testing/transfer-plug-in.ts';
import { Guardian } from '../runtime/guardian.ts';
import { askPlugIn, PlugIn, type PlugInOptions } from './plug-in.ts';

const logger = createLogger('pilot', { level: 'silent' });

/** Looks often, and does not wait between tries. */
const hasty: Clock = {
  ...systemClock,
  after: (milliseconds, run) => systemClock.after(milliseconds === 20_000 ? 20_000 : 20, run),
};

let directory: string;
let programs: Awaited<ReturnType<typeof testPlugIns>>;
let guardian: Guardian;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-plug-ins-'));
  await Promise.all(['job', 'files'].map((name) => mkdir(join(directory, name))));
  programs = await testPlugIns(join(directory, 'programs'));
  guardian = new Guardian(logger);
});
afterEach(async () => {
  guardian.close();
  await rm(directory, { recursive: true, force: true });
});

const options = (more: Partial<PlugInOptions> = {}): PlugInOptions => ({
  clock: hasty,
  random: () => 0,
  guardian,
  logger,
  environment: { https_proxy: 'http://proxy:1', SECRET: 'of the pilot' },
  limits: { slowest: 1, processes: 8 },
  ...more,
});

const never = new AbortController().signal;
const job = () => ({ directory: join(directory, 'job'), variables: { _CONDOR_JOB_AD: '/dev/null' } });
const at = (...urls: string[]) =>
  urls.map((url) => ({ url, path: join(directory, 'files', url.split('/').at(-1) ?? '') }));

async function plugIn(program = programs.program, more: Partial<PlugInOptions> = {}): Promise<PlugIn> {
  const capabilities = await askPlugIn(program, directory, options(), never);
  return new PlugIn(program, capabilities, options(more));
}

const fetched = async (
  urls: string[],
  most = 10_000_000,
  more: Partial<PlugInOptions> = {},
  signal = never,
) =>
  await (await plugIn(programs.program, more)).fetch(
    at(...urls),
    join(directory, 'files'),
    most,
    job(),
    signal,
  );

const processesWith = async (word: string): Promise<number> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(word)).length;
};

it('a plug-in says which schemes it supports', async () => {
  expect(await askPlugIn(programs.program, directory, options(), never)).toEqual({
    schemes: ['test', 'other'],
    several: true,
  });
});

it.each([
  ['#!/bin/sh\nexit 5\n', 'it ended with 5'],
  ['#!/bin/sh\necho no such module >&2\nexit 1\n', 'it ended with 1: no such module'],
  ['#!/bin/sh\necho hello\n', 'its answer cannot be read'],
  ['#!/no/such/interpreter\n', 'it ended with 127'],
])('a program that is no plug-in (%j) is told from one', async (text, why) => {
  const program = join(directory, 'program');
  await writeFile(program, text);
  await chmod(program, 0o755);
  await expect(askPlugIn(program, directory, options(), never)).rejects.toThrow(why);
});

it('a plug-in fetches several files in one run, and finds nothing of the pilot in its environment', async () => {
  for (const name of ['a', 'b'])
    await writeFile(join(directory, 'programs/store', name), `content of ${name}`);
  await fetched(['test://store/a', 'test://store/b']);
  expect(await readFile(join(directory, 'files/b'), 'utf8')).toBe('content of b');
  const told = await readFile(join(directory, 'programs/told'), 'utf8');
  expect(told).toContain('https_proxy=http://proxy:1');
  expect(told).not.toContain('of the pilot');
  expect(told.match(/^_CONDOR_JOB_AD/gm)).toHaveLength(1);
  expect(await readdir(join(directory, 'job'))).toEqual([]);
});

it('a plug-in sends files', async () => {
  await writeFile(join(directory, 'files/out'), 'result');
  await (await plugIn()).send(at('test://store/out'), job(), never);
  expect(await readFile(join(directory, 'programs/store/out'), 'utf8')).toBe('result');
});

it('a failure of which the plug-in says that it may pass is tried again, and files that have come stay', async () => {
  await writeFile(join(directory, 'programs/store/a'), 'once');
  await fetched(['test://store/a', 'test://later/b']);
  expect(await readFile(join(directory, 'files/b'), 'utf8')).toBe('late\n');
  expect(await readFile(join(directory, 'files/a'), 'utf8')).toBe('once');
});

it.each([
  ['test://store/none', 'the plug-in test_plugin says of test://store/none: there is no test://store/none'],
  ['test://store/no?signed', 'the plug-in test_plugin says of test://store/no: there is no test://store/no'],
  ['test://slow/a', 'the plug-in moved fewer than 1000000 bytes a second (tried 4 times)'],
  ['test://large/a', 'it is larger than what is left of request_disk'],
])('%s is not fetched, which is the fault of the job or of the way', async (url, why) => {
  let now = 0;
  const clock: Clock = { ...hasty, monotonic: () => (now += 30_000) };
  const limits = { slowest: 1_000_000, processes: 50 };
  const failure = fetched([url], 3_000_000, url.includes('slow') ? { clock, limits } : {});
  await expect(failure).rejects.toMatchObject({ name: 'UrlFailure', message: why });
});

it.each([
  ['test://broken/a', 'it ended with 3: no module named xrootd'],
  ['test://silent/a', 'it says nothing of a file'],
  ['test://many/a', 'it had more than 8 processes'],
])('%s, at which the plug-in fails without a word of it, is the fault of the job', async (url, why) => {
  await expect(fetched([url])).rejects.toMatchObject({
    name: 'UrlFailure',
    mayPass: false,
    message: `the plug-in test_plugin failed: ${why}`,
  });
  expect(await processesWith(directory)).toBe(0);
});

it('a plug-in is ended when its job is stopped, and nothing that it has started goes on', async () => {
  const stop = new AbortController();
  const failure = fetched(['test://slow/a'], 1000, {}, stop.signal);
  await expect.poll(() => processesWith(directory)).toBeGreaterThan(0);
  stop.abort(new Error('removed'));
  await expect(failure).rejects.toThrow('removed');
  expect(await processesWith(directory)).toBe(0);
  await fetched(['test://daemon/b']);
  await expect.poll(() => processesWith(directory)).toBe(0);
});

it('an older plug-in is run once for each file', async () => {
  const old = await plugIn(programs.old);
  await old.fetch(at('old://x/a', 'old://x/b'), join(directory, 'files'), 1000, job(), never);
  expect(await readFile(join(directory, 'files/b'), 'utf8')).toBe('from old://x/b\n');
  await old.send(at('old://x/b'), job(), never);
  expect(await readFile(join(directory, 'programs/sent-b'), 'utf8')).toBe('from old://x/b\n');
  await expect(
    old.fetch(at('old://none/c'), join(directory, 'files'), 1000, job(), never),
  ).rejects.toMatchObject({
    name: 'UrlFailure',
    message: 'the plug-in old_plugin failed: it ended with 9: nothing there',
  });
});

it('the plug-in that HTCondor brings fetches and sends files', async ({ skip }) => {
  const root = process.env.GLIDEIN_TEST_HTCONDOR;
  skip(root === undefined, process.env.GLIDEIN_TEST_NO_HTCONDOR ?? 'run it by npm test');
  const program = join(directory, 'programs/curl_plugin');
  const libraries = ['usr/lib', 'usr/lib/condor', 'usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'];
  await writeFile(
    program,
    `#!/bin/sh\nexport CONDOR_CONFIG=${root}/glidein/condor_config\nexec ${root}/lib64/ld-linux-x86-64.so.2 --library-path ${libraries.map((each) => `${root}/${each}`).join(':')} ${root}/usr/libexec/condor/curl_plugin "$@"\n`,
  );
  await chmod(program, 0o755);
  let received = '';
  const server = createServer((request, answer) => {
    if (request.method === 'PUT') request.on('data', (chunk) => (received += String(chunk)));
    request.on('end', () => answer.writeHead(request.url === '/none' ? 404 : 200).end('served')).resume();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const curl = await plugIn(program, { environment: {} });
    await curl.fetch(at(`${url}/one`, `${url}/two`), join(directory, 'files'), 1000, job(), never);
    expect(await readFile(join(directory, 'files/two'), 'utf8')).toBe('served');
    await curl.send(at(`${url}/two`), job(), never);
    expect(received).toBe('served');
    await expect(
      curl.fetch(at(`${url}/none`), join(directory, 'files'), 1000, job(), never),
    ).rejects.toMatchObject({
      name: 'UrlFailure',
      message: `the plug-in curl_plugin says of ${url}/none: The requested URL returned error: 404`,
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
