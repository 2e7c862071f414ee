import { mkdir, readdir, readFile } from 'node:fs/promises';
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

describe('a job', () => {
  it('is visible to other users without its files, which they cannot fetch', async () => {
    const pilot = await pilots.start('p-alice');
    const cluster = await submitOn(line, '+For = "p-alice"\noutput = job.out');
    const start = await pilot.begin(`${cluster}.0`);
    await pilot.finish(start, {
      outputs: [await pilot.bring('secret.txt', 'a secret')],
      stdout: await pilot.bring('stdout', 'x'),
    });
    const environment = { GLIDEIN_TOKEN_FILE: await line.file('bobs', await line.token('bob', 'submitter')) };
    expect(await line.run(['fetch', cluster, '-d', 'stolen'], { environment })).toEqual({
      code: 3,
      out: '',
      err: `glidein: job ${cluster}.0 belongs to alice, and so do its files; ask alice for them\n`,
    });
    const seen = await line.run(['history', '-o', 'json', cluster], { environment });
    expect(seen.out).toContain('"Owner"');
    expect(seen.out).not.toMatch(/secret\.txt|"digest"/);
    expect((await line.run(['history', '-o', 'json', cluster])).out).toContain('secret.txt');
  });

  it('gets a directory of its own when a cluster is fetched, whatever its files are called', async () => {
    const pilot = await pilots.start('p2');
    const cluster = await submitOn(line, '+For = "p2"\noutput = ..', 2);
    for (const job of [`${cluster}.0`, `${cluster}.1`]) {
      const start = await pilot.begin(job);
      await pilot.finish(start, { stdout: await pilot.bring('stdout', job) });
      const isAll = job === `${cluster}.1`;
      expect(await line.run(['fetch', cluster, '-d', isAll ? 'all' : 'part'])).toMatchObject({
        code: 0,
        err: isAll ? '' : '1 of 2 jobs has not ended; fetch again later for the rest\n',
      });
    }
    await line.file('plain', '');
    expect((await line.run(['fetch', cluster, '-d', 'plain'])).err).toContain(
      'part of its path is not a directory',
    );
    await mkdir(join(line.directory, 'both', 'in'), { recursive: true });
    expect((await line.run(['fetch', cluster, '-d', 'both/in'])).code).toBe(0);
    expect((await readdir(join(line.directory, 'both'), { recursive: true })).sort()).toEqual([
      'in',
      `in/${cluster}.0`,
      `in/${cluster}.0/${cluster}.0.out`,
      `in/${cluster}.1`,
      `in/${cluster}.1/${cluster}.1.out`,
    ]);
  });

  it('gets its files under the names that it gave them, however odd those are', async () => {
    const pilot = await pilots.start('p-odd');
    const cluster = await submitOn(line, '+For = "p-odd"');
    const odd = [
      '-rf',
      'two\nlines',
      'ünïcode ✓ \u202e',
      'n'.repeat(255),
      '.hidden',
      ' blank ',
      'a/b/*',
      '%2e%2e',
      '$HOME',
    ];
    const start = await pilot.begin(`${cluster}.0`);
    const outputs = await Promise.all(odd.map((name, n) => pilot.bring(name, n === 0 ? '' : name)));
    await pilot.finish(start, { outputs, folders: ['empty\tfolder'] });
    expect((await line.run(['fetch', cluster, '-d', 'odd'])).out).toContain(
      '9 files and 1 empty folder written',
    );
    const place = join(line.directory, 'odd');
    for (const name of odd.slice(1)) expect(await readFile(join(place, name), 'utf8')).toBe(name);
    expect(await readFile(join(place, '-rf'), 'utf8')).toBe('');
    expect(await readdir(join(place, 'empty\tfolder'))).toEqual([]);
  });
});
