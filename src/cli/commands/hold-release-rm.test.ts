import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GlideinLine } from '#testing/glidein-line.ts';
import { submitOn } from '#testing/line-jobs.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;

beforeAll(async () => {
  line = await GlideinLine.start();
});
afterAll(async () => {
  await line.stop();
});

describe('hold, release and rm', () => {
  it('change jobs, show the reason of a hold, and name the jobs that they could not change', async () => {
    const cluster = await submitOn(line, 'request_cpus = 64', 2);
    expect(await line.run(['hold', `${cluster}.0`, '--reason', 'wrong\u0007 input'])).toMatchObject({
      code: 0,
      out: '1 job held.\n',
    });
    expect((await line.run(['q', cluster])).out).toContain(
      `${cluster}.0 is held (code 1): wrong\ufffd input (by alice)`,
    );
    expect((await line.run(['logs', '-f', `${cluster}.0`])).err).toContain(`${cluster}.0 is held: wrong`);
    expect(await line.run(['release', cluster])).toEqual({
      code: 5,
      out: '1 job released.\n',
      err: `${cluster}.1: it is Idle: only Held jobs can be released\nglidein: ${cluster}.1 could not be released\n`,
    });
    expect((await line.run(['rm', cluster])).out).toBe('2 jobs removed.\n');
    expect((await line.run(['q', cluster, '--af', 'JobStatus'])).out).toBe('3\n3\n');
    expect((await line.run(['history', '--constraint', `ClusterId == ${cluster}`])).out).toMatch(/ X /);
  });

  it('refuse a reason that is too long before it is sent, and name the limit', async () => {
    const cluster = await submitOn(line);
    const { code, err } = await line.run(['hold', cluster, '--reason', 'x'.repeat(1025)]);
    expect(code).toBe(2);
    expect(err).toContain('the reason has 1025 characters; at most 1024 are kept with a job');
    expect((await line.run(['q', cluster, '--af', 'JobStatus'])).out).toBe('1\n');
  });

  it('refuse to change the jobs of other users', async () => {
    const cluster = await submitOn(line);
    const file = await line.file('bob', await line.token('bob', 'submitter'));
    const { code, err } = await line.run(['rm', cluster, '--token-file', file]);
    expect(code).toBe(3);
    expect(err).toContain(`job ${cluster}.0 belongs to alice, not to bob`);
  });

  it('change a cluster once that is named several times, as in the output of `q --af ClusterId`', async () => {
    const cluster = await submitOn(line, 'request_cpus = 64', 2);
    const { out } = await line.run(['q', '--af', 'ClusterId', '--constraint', `ClusterId == ${cluster}`]);
    const names = [...out.trim().split('\n'), `${cluster}.1`];
    expect(names).toHaveLength(3);
    expect((await line.run(['q', ...names])).out).toContain('Total for query: 2 jobs');
    expect(await line.run(['rm', ...names])).toEqual({ code: 0, out: '2 jobs removed.\n', err: '' });
  });

  it('exit with the code of NotFound when none of the named jobs exists', async () => {
    expect(await line.run(['rm', '98765', '98764.0'])).toMatchObject({
      code: 4,
      err: expect.stringContaining('glidein: 2 jobs could not be removed\n'),
    });
    const cluster = await submitOn(line);
    expect((await line.run(['release', '98765', cluster])).code).toBe(5);
    await line.run(['rm', cluster]);
    expect((await line.run(['history', cluster])).out).toBe(`${cluster}.0 was never started\n`);
  });
});
