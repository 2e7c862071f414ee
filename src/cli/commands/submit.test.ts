import { execFileSync } from 'node:child_process';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { evaluate } from '#classad/evaluate.ts';
import { parseExpression, parseOldAd } from '#classad/parser.ts';
import { GlideinLine } from '#testing/glidein-line.ts';
import { submitFile } from '#testing/line-jobs.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;

beforeAll(async () => {
  line = await GlideinLine.start();
});
afterAll(async () => {
  await line.stop();
});

describe('submit', () => {
  it('queues the jobs of a file, and says how to get the results from a pool elsewhere', async () => {
    const file = await line.file('three.sub', submitFile('request_cpus = 64', 3));
    expect(await line.run(['submit', file])).toEqual({
      code: 0,
      out: expect.stringMatching(/^3 jobs submitted to cluster \d+\.\n$/),
      err: expect.stringMatching(/^`glidein wait \d+` waits for them and downloads their results\.\n$/),
    });
  });

  it('names the pool in what it says to type next, if the command line had to name it', async () => {
    const file = await line.file('elsewhere.sub', submitFile('request_cpus = 64'));
    const { err } = await line.run(['--pool', line.url, 'submit', file]);
    expect(err).toMatch(new RegExp(`^\`glidein --pool ${line.url} wait \\d+\` waits for it `));
  });

  it.each([
    [
      'bad.sub',
      'executable = a\nfoo bar\nqueue\n',
      2,
      /^glidein: .*bad\.sub:2:1: .*; .*\n {4}foo bar\n {4}\^\n$/,
    ],
    [
      'input.sub',
      'executable = /bin/sh\ntransfer_input_files = nope.sh\nqueue\n',
      4,
      /nope\.sh does not exist; correct executable.*nothing was submitted\n$/,
    ],
  ])('reports the error in %s with its place', async (name, text, code, message) => {
    const file = await line.file(name, text);
    expect(await line.run(['submit', file])).toEqual({ code, out: '', err: expect.stringMatching(message) });
  });

  it.each([
    ['a named pipe', 'transfer_input_files = pipe', 'pipe is a named pipe, not a file'],
    [
      'a device without end',
      'transfer_input_files = /dev/zero',
      'the input /dev/zero is a device, not a file',
    ],
    ['a device as standard input', 'input = /dev/zero', 'the input /dev/zero is a device, not a file'],
  ])('refuses an input that is %s instead of hanging', async (_, more, message) => {
    const pipe = join(line.directory, 'pipe');
    await rm(pipe, { force: true });
    execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', pipe]);
    const { code, err } = await line.run(['submit', await line.file('endless.sub', submitFile(more))]);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).toContain('nothing was submitted');
  });

  it.each([
    ['a link to itself', 'round', 'is a symbolic link that leads back to itself'],
    ['a name that is too long', 'x'.repeat(300), 'has a name that is too long'],
  ])('reports an input that is %s as an error of the user, not as a bug', async (_, name, message) => {
    await symlink('round', join(line.directory, 'round')).catch(() => undefined);
    const file = await line.file('odd.sub', submitFile(`transfer_input_files = ${name}`));
    const { code, err } = await line.run(['submit', file]);
    expect(code).toBe(4);
    expect(err).toContain(`/${name} ${message}; correct executable`);
  });

  it('says what is wrong with a file that cannot be read', async () => {
    expect((await line.run(['submit', line.directory])).err).toContain('is a directory; name a file');
    expect((await line.run(['submit', 'absent.sub'])).err).toContain('absent.sub does not exist');
    await symlink('circle.sub', join(line.directory, 'circle.sub'));
    expect((await line.run(['submit', 'circle.sub'])).err).toContain(
      'circle.sub is a symbolic link that leads back',
    );
    expect(await line.run(['submit', ''])).toMatchObject({
      code: 2,
      err: expect.stringContaining('the name of the submit file is empty'),
    });
  });

  it('warns about unknown names in a dry run, and prints the ads', async () => {
    const file = await line.file('warn.sub', submitFile('unused_name = 2'));
    const { code, out, err } = await line.run(['submit', '--dry-run', file]);
    expect(code).toBe(0);
    expect(err).toMatch(/warn\.sub:\d+:1: warning: .*\n {4}unused_name = 2\n {4}\^\n$/);
    expect(parseOldAd(out).get('ProcId')).toBeDefined();
    const json = await line.run(['submit', '--dry-run', '-o', 'json', file]);
    expect(JSON.parse(json.out)).toEqual([expect.objectContaining({ ClusterId: '1', ProcId: '0' })]);
  });

  it('prints the whole ads of all jobs in a dry run without a pool, separated by blank lines', async () => {
    const file = await line.file('three.sub', submitFile('priority = $(Process)', 3));
    const { out } = await line.run(['submit', '--dry-run', '--pool', 'http://127.0.0.1:1', file]);
    const ads = out.split('\n\n').map((text) => parseOldAd(text));
    expect(ads.map((ad) => evaluate(parseExpression('JobPrio + 10 * ClusterId'), ad))).toEqual([10, 11, 12]);
    expect(ads.map((ad) => evaluate(parseExpression('Cmd'), ad))).toEqual(Array(3).fill(expect.any(String)));
  });

  it.each([
    ['my.Site = "$$(GLIDEIN_Site)"', 'Site takes a value from the slot with $$(…)'],
    ['transfer_plugins = tape=plug-in', 'pilots run only the plug-ins of their group'],
  ])('refuses to queue %s, which nothing here supports', async (more, message) => {
    const file = await line.file('late.sub', submitFile(more, 2));
    expect((await line.run(['submit', '--dry-run', file])).code).toBe(0);
    const { code, err } = await line.run(['submit', file]);
    expect(code).toBe(6);
    expect(err).toContain(message);
  });

  it('accepts -o json only with --dry-run', async () => {
    const { code, err } = await line.run(['submit', '-o', 'json', await line.file('o.sub', submitFile())]);
    expect(code).toBe(2);
    expect(err).toContain('--output is for --dry-run');
  });
});
