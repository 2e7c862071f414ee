import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinLine } from '#testing/glidein-line.ts';
import { LinePilots, submitOn } from '#testing/line-jobs.ts';
import { PrintedText } from '#testing/piped-terminal.ts';

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

describe('a job', () => {
  it('can be followed while it runs, listed with its attempts, and fetched', async () => {
    const pilot = await pilots.start('p0');
    const cluster = await submitOn(
      line,
      '+For = "p0"\noutput = logs/job.out\nerror = ../../job.err\nretry = 1',
    );
    const job = `${cluster}.0`;
    const start = await pilot.begin(job);
    await eventually(async () => expect((await line.run(['q', job])).out).toMatch(/ R /));
    expect((await line.run(['history', job])).out).toMatch(/ runs$/m);

    pilot.printed.set(job, 'one\n');
    const following = line.run(['logs', '-f', job]);
    expect((await line.run(['logs', job])).out).toBe('one\n');
    expect((await line.run(['fetch', job])).err).toContain('has no output yet');
    await pilot.finish(start, {
      outputs: [await pilot.bring('result/data.txt', 'data')],
      stdout: await pilot.bring('stdout', 'one\ntwo\n'),
      stderr: await pilot.bring('stderr', 'oops\n'),
    });
    expect(await following).toEqual({ code: 0, out: 'one\ntwo\n', err: '' });
    expect((await line.run(['logs', job, '--err'])).out).toBe('oops\n');

    const history = await line.run(['history', job]);
    expect(history.out).toMatch(/^ID +TRY +PILOT +STARTED +LASTED +END\n/);
    expect(history.out).toMatch(/ 1 +p0 .* exit code 0$/m);
    expect((await line.run(['history', '--limit', '1'])).out).toMatch(
      new RegExp(`^${job} .* C .* 0 +1 +sh -c id$`, 'm'),
    );

    const target = join(line.directory, 'results');
    expect((await line.run(['fetch', job, '-d', 'results'])).out).toBe(`3 files written to ${target}.\n`);
    expect((await readdir(target, { recursive: true })).sort()).toEqual([
      'job.err',
      'job.out',
      'result',
      'result/data.txt',
    ]);
    expect(await readFile(join(target, 'result/data.txt'), 'utf8')).toBe('data');
  });

  it('is awaited by logs -f, and followed until it is removed', async () => {
    const job = `${await submitOn(line, '+For = "p1"')}.0`;
    const [out, err] = [new PrintedText(), new PrintedText()];
    const following = line.run(['logs', '-f', job], { out, err });
    const waits = `${job} is waiting; \`glidein why ${job}\` tells why`;
    await eventually(() => expect(err.text).toContain(waits));
    const first = await pilots.start('p1');
    first.printed.set(job, 'first\n');
    await first.begin(job);
    await eventually(() => expect(out.text).toBe('first\n'));
    first.cut();
    const operator = await line.token('here', 'operator');
    await line.post('/v1/pilots/p1/gone', operator, { reason: 'its node burned' });
    expect((await line.run(['history', job])).out).toContain('its node burned');
    await line.run(['rm', job]);
    expect(await following).toMatchObject({ code: 0, out: 'first\n' });
  });

  it('that is still running is printed completely by logs, however much it has printed', async () => {
    const pilot = await pilots.start('p4');
    const job = `${await submitOn(line, '+For = "p4"')}.0`;
    await pilot.begin(job);
    const text = `${'a line of a log that is longer than one piece\n'.repeat(60_000)}LAST\n`;
    pilot.printed.set(job, text);
    const { code, out } = await line.run(['logs', job]);
    expect([code, out.length]).toEqual([0, text.length]);
    expect(out.endsWith('LAST\n')).toBe(true);
  });

  it('is followed by logs -f across the loss of its pilot, with a note', async () => {
    const first = await pilots.start('p5');
    const job = `${await submitOn(line, '+For = "p5"')}.0`;
    await first.begin(job);
    first.printed.set(job, 'of the first try\n');
    const [printed, said] = [new PrintedText(), new PrintedText()];
    const following = line.run(['logs', '-f', job], { out: printed, err: said });
    await eventually(() => expect(printed.text).toBe('of the first try\n'));
    first.cut();
    await eventually(() => expect(said.text).toContain('waiting for more'));
    await line.post('/v1/pilots/p5/gone', await line.token('here', 'operator'), {
      reason: 'its node burned',
    });
    const second = await pilots.start('p5');
    const start = await second.begin(job);
    await second.finish(start, { stdout: await second.bring('stdout', 'of the second try\n') });
    const { code, err } = await following;
    expect([code, printed.text]).toEqual([0, 'of the first try\nof the second try\n']);
    // Either message: the reader asked the pilot just before it went, or just after.
    expect(err).toMatch(/the pilot (of this job is not connected now|did not send .*); waiting for more/);
    expect(err).toContain(`${job} is running again; its output starts over`);
  });

  it('none of whose output was kept makes logs fail with the reason', async () => {
    const pilot = await pilots.start('p6');
    const cluster = await submitOn(line, '+For = "p6"', 1);
    await pilot.begin(`${cluster}.0`);
    await line.run(['rm', cluster, '--reason', 'wrong input']);
    const never = await submitOn(line, 'request_cpus = 64');
    await line.run(['rm', never]);
    expect(await line.run(['logs', `${cluster}.0`])).toMatchObject({
      code: 4,
      out: '',
      err: expect.stringMatching(/has no standard output: it was removed \(wrong input.*\), and the output/),
    });
    expect(await line.run(['logs', `${never}.0`, '--err'])).toMatchObject({
      code: 4,
      err: expect.stringContaining('has no standard error: it was never started'),
    });
  });

  it('must be named by logs if its cluster has several', async () => {
    const cluster = await submitOn(line, 'request_cpus = 64', 2);
    expect(await line.run(['logs', cluster])).toMatchObject({
      code: 2,
      err: `glidein: ${cluster} is a cluster of several jobs; name one of them, such as ${cluster}.0\n`,
    });
  });
});
