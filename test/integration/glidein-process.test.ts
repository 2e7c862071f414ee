import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { GlideinLine } from '#testing/glidein-line.ts';

let line: GlideinLine;

beforeAll(async () => {
  line = await GlideinLine.start();
  const text = 'executable = /bin/sh\ntransfer_executable = false\ncontainer_image = x\nqueue 2000\n';
  const { code, err: said } = await line.run(['submit', await line.file('many.sub', text)]);
  expect(code, said).toBe(0);
});
afterAll(() => line.stop());

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

function ended(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    let out = '';
    let err = '';
    child.stdout?.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      err += chunk;
    });
    child.once('close', (code, signal) => resolve({ code, signal, out, err }));
  });
}

it('glidein q writes all of a long listing to a pipe', async () => {
  const { code, out, err } = await ended(line.spawn(['q']));
  expect([code, err]).toEqual([0, '']);
  expect(out.split('\n')).toHaveLength(2000 + 4);
});

it('the glidein that is installed prints jobs as YAML', async () => {
  const bundle = resolve(import.meta.dirname, '../../dist/glidein.js');
  const child = spawn(process.execPath, [bundle, 'q', '-o', 'yaml', '--constraint', 'ProcId == 7'], {
    env: { HOME: line.directory, ...line.environment },
  });
  const { code, out, err } = await ended(child);
  expect([code, err]).toEqual([0, '']);
  expect(parse(out)).toMatchObject([{ id: expect.stringMatching(/^\d+\.7$/) }]);
});

it('glidein does not fail if its reader closes the pipe early', async () => {
  const child = line.spawn(['q', '-o', 'json']);
  const end = ended(child);
  child.stdout?.once('data', () => child.stdout?.destroy());
  expect(await end).toMatchObject({ code: 0, err: '' });
});

it.each(['q', 'q -o json', 'history -o json', 'q --watch', 'classad eval 1'])(
  'output that does not fit on a full device is an error of glidein %s',
  async (words) => {
    const full = await open('/dev/full', 'w');
    const end = ended(line.spawn(words.split(' '), {}, full.fd));
    expect(await end).toMatchObject({
      code: 10,
      err: 'glidein: the output could not be written: no space is left on the device\n',
    });
    await full.close();
  },
);

it('the error about a job that does not exist is kept if the output is full as well', async () => {
  const full = await open('/dev/full', 'w');
  expect((await ended(line.spawn(['logs', '99999.0'], {}, full.fd))).code).toBe(4);
  await full.close();
});

it('glidein prints no colours and does not clear the screen if it does not print to a terminal', async () => {
  const child = line.spawn(['q', '--watch', '--constraint', 'ProcId == 0']);
  const end = ended(child);
  child.stdout?.once('data', () => child.kill('SIGINT'));
  const { code, out } = await end;
  expect(code).toBe(130);
  expect(out).not.toContain('\u001b');
});

it('Ctrl-C ends a submission that waits for a submit file on standard input', async () => {
  const child = line.spawn(['submit', '-']);
  const end = ended(child);
  // It reads what there is, and then waits for more.
  child.stdin?.write('# '.repeat(100_000), () => child.kill('SIGINT'));
  expect((await end).signal).toBe('SIGINT');
});

it('Ctrl-C ends a command with "up" among its arguments as it ends any other', async () => {
  const child = line.spawn(['q', '--watch', '--owner', 'up']);
  const end = ended(child);
  child.stdout?.once('data', () => child.kill('SIGINT'));
  expect((await end).code).toBe(130);
});

it('glidein exits with the documented code, and prints its error to the error stream', async () => {
  expect(await ended(line.spawn(['q', '99999']))).toMatchObject({
    code: 4,
    out: '',
    err: 'glidein: there is no job 99999; `glidein q` and `glidein history` list them\n',
  });
  expect((await ended(line.spawn(['q'], { GLIDEIN_POOL: 'http://127.0.0.1:1' }))).code).toBe(7);
  expect((await ended(line.spawn([]))).code).toBe(2);
});

it('glidein submit reads a submit file from standard input', async () => {
  const child = line.spawn(['submit', '-']);
  child.stdin?.end('executable = /bin/true\ntransfer_executable = false\ncontainer_image = x\nqueue\n');
  expect(await ended(child)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^1 job submitted to cluster \d+\.\n$/),
  });
  const broken = line.spawn(['submit', '-']);
  broken.stdin?.end('queue\n');
  expect(await ended(broken)).toMatchObject({ code: 2, err: expect.stringMatching(/^glidein: -:1:1: /) });
});
