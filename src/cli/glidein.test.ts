import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GlideinLine } from '#testing/glidein-line.ts';
import { LinePilots, submitOn } from '#testing/line-jobs.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
let pilots: LinePilots;

beforeAll(async () => {
  line = await GlideinLine.start();
  pilots = new LinePilots(line);
});
afterAll(async () => {
  pilots.cut();
  await line.stop();
});

describe('status', () => {
  it('shows groups with their decisions, and pilots with their free resources', async () => {
    await pilots.start('p3');
    const { out } = await line.run(['status']);
    expect(out).toMatch(
      /^GROUP +SITE +WANTED +PILOTS +HEARD +WHY\ntest +here +1 +1 Idle +\d+s ago +One is enough\n/,
    );
    expect(out).toMatch(/^p3 +test +Idle +4 of 4 +4096 of 4096 +0 /m);
    expect(JSON.parse((await line.run(['status', '-o', 'json'])).out)).toHaveProperty('bidders');
  });
});

describe('a pool', () => {
  it.each([
    [
      'nobody answers',
      { GLIDEIN_POOL: 'http://127.0.0.1:1' },
      7,
      'no pool answers at http://127.0.0.1:1: the connection was refused: nothing listens there; start a pool',
    ],
    ['no address', { GLIDEIN_POOL: 'foo' }, 2, '"foo" is not the address of a pool'],
    ['no token', { GLIDEIN_TOKEN_FILE: undefined }, 3, 'a pool was named but no token'],
    ['no token file', { GLIDEIN_TOKEN_FILE: '/nowhere' }, 3, 'the token file /nowhere cannot be read'],
    [
      'no pool here',
      { GLIDEIN_POOL: undefined, GLIDEIN_STATE: '/nowhere' },
      7,
      'no pool runs here (looked in /nowhere)',
    ],
  ])('that cannot be used is reported: %s', async (_, environment, code, message) => {
    const { code: own, out, err } = await line.run(['q'], { environment });
    expect([own, out]).toEqual([code, '']);
    expect(err).toContain(message);
  });

  it('is not asked twice with an expired token or one that is not a token', async () => {
    const expired = await line.file('expired', await line.token('alice', 'submitter', -10));
    expect(await line.run(['q', '--token-file', expired])).toMatchObject({
      code: 3,
      err: expect.stringMatching(/the token expired at \d{4}-/),
    });
    const garbage = await line.file('garbage', 'not-a-token\n');
    expect((await line.run(['q', '--token-file', garbage])).code).toBe(3);
  });

  it.each([
    ['', 'is empty'],
    ['two\ntokens\n', 'does not contain a token'],
    ['\0\x01', 'does not contain a token'],
  ])('reports a token file with %j as an error of the file, not of the network', async (text, message) => {
    const file = await line.file('odd-token', text);
    const { code, err } = await line.run(['q', '--token-file', file]);
    expect(code).toBe(3);
    expect(err).toContain(`the token file ${file} ${message}`);
  });

  it('is the local one with --state, whatever the environment says', async () => {
    const state = join(line.directory, 'state');
    await mkdir(state);
    const words = ['q', '--af', 'ClusterId', '--state', state];
    await line.file('state/endpoint.json', '{ not json');
    expect(await line.run(words)).toMatchObject({
      code: 7,
      err: expect.stringContaining('does not say where a pool is'),
    });
    const endpoint = { url: line.url, tokenFile: join(line.directory, 'token'), pid: 1 };
    await line.file('state/endpoint.json', JSON.stringify(endpoint));
    const environment = { GLIDEIN_POOL: 'http://127.0.0.1:1', GLIDEIN_TOKEN_FILE: '/nowhere' };
    expect((await line.run(words, { environment })).code).toBe(0);
  });
});

describe('help', () => {
  it('exists for every command, with examples and the common options', async () => {
    const { out } = await line.run(['help']);
    const commands = [...out.matchAll(/^ {2}(\w+) .*\[options\]/gm)].map(([, name]) => name ?? '');
    expect(commands).toEqual(
      expect.arrayContaining(['submit', 'q', 'status', 'history', 'logs', 'fetch', 'rm']),
    );
    for (const name of ['submit', 'q', 'status', 'history', 'logs', 'fetch', 'rm', 'hold', 'release']) {
      const help = await line.run(['help', name]);
      expect(help).toMatchObject({ code: 0, err: '' });
      expect(help.out).toContain(`Usage: glidein ${name}`);
      expect(help.out).toMatch(/\nExamples:\n {2}\$ /);
      expect(help.out).toContain('--token-file');
      expect(await line.run([name, '--help'])).toEqual(help);
    }
  });

  it('shows no default for an option without one', async () => {
    expect((await line.run(['help', 'submit'])).out).not.toContain('[])');
  });

  it('lists the exit codes of commands', async () => {
    expect((await line.run(['--help'])).out).toMatch(
      /Exit codes:\n {2}0 {2}it worked\n[\s\S]* {2}4 {2}NotFound\n/,
    );
  });

  it.each([
    [['subit'], "unknown command 'subit'", 'Did you mean submit?'],
    [['q', '--onwer', 'x'], "unknown option '--onwer'", 'Did you mean --owner?'],
    [['submit'], 'no executable is given', 'add: executable = PROGRAM'],
  ])('suggests what was meant by %j', async (words, error, hint) => {
    const { code, err } = await line.run(words);
    expect(code).toBe(2);
    expect(err).toContain(error);
    expect(err).toContain(hint);
  });

  it.each([
    [['condor_q'], 'there is no command condor_q; use `glidein q`'],
    [['remove', '1'], 'there is no command remove; use `glidein rm`'],
    [['q', '-hold'], "has no option -hold; write --constraint 'JobStatus == 5'"],
    [['q', '-better-analyze', '1'], 'has no option -better-analyze; use `glidein why JOB`'],
    [['help', 'sumbit'], 'there is no command sumbit; did you mean submit?'],
    [['rm', '-forcex', '1'], 'has no option -forcex; leave it out'],
    [['history', '-af', 'ExitCode'], 'has no option -af; write -o json'],
    [['q', '-output', 'jsn'], '"jsn" is not a valid value'],
    [['rm', '-reason:x', '1'], 'has no option -reason:x; write --reason, which has one form'],
    [['q', '-af:x', 'ClusterId'], '--af:x: there is no such format; write one or more of j (the job first)'],
    [['status', '-run'], 'has no option -run; write --claimed'],
  ])("says what to write instead of HTCondor's %j", async (words, message) => {
    const { code, err } = await line.run(words);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });

  it('is not needed for long options with one dash, as HTCondor writes them', async () => {
    const words = (dash: string) => ['q', `${dash}constraint`, 'false', `${dash}af`, 'ClusterId'];
    expect(await line.run(words('-'))).toEqual(await line.run(words('--')));
    expect((await line.run(words('-'))).code).toBe(0);
    expect((await line.run(['q', '-help'])).out).toMatch(/^Usage: glidein q/);
  });

  it('is not given for the value of an option that looks like an option of HTCondor', async () => {
    const cluster = await submitOn(line);
    await line.run(['hold', `${cluster}.0`, '--reason', '-forcex']);
    const { out } = await line.run(['q', '-o', 'json', cluster]);
    expect(out).toContain('-forcex (by alice)');
  });

  it('is not needed for --version, which prints the version', async () => {
    expect(await line.run(['--version'])).toEqual({ code: 0, out: '1.2.3\n', err: '' });
  });
});
