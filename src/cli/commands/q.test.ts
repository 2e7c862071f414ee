import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
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

describe('q', () => {
  it('lists jobs as a table for people and as JSON for programs', async () => {
    const cluster = await submitOn(line, 'request_cpus = 64\nrequest_memory = 300', 2);
    const people = await line.run(['q', cluster]);
    expect(people.out.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^ID +OWNER +SUBMITTED +RUN_TIME +ST +PRI +CPUS +CMD$/),
      expect.stringMatching(new RegExp(`^${cluster}\\.0 +alice .* I +0 +64 +sh -c id$`)),
    ]);
    expect(people.out).toContain('Total for query: 2 jobs; 0 completed, 0 removed, 2 idle');
    expect((await line.run(['q', cluster, '-o', 'wide'])).out).toMatch(
      /MEMORY +DISK +IMAGE +HOST[\s\S]* 300 .*hello/,
    );
    const ids = [`${cluster}.0`, `${cluster}.1`];
    const json = JSON.parse((await line.run(['q', cluster, '-o', 'json'])).out);
    expect(json.map(({ id }: { id: string }) => id)).toEqual(ids);
    const yaml = parse((await line.run(['q', cluster, '-o', 'yaml'])).out);
    expect(yaml.map(({ id }: { id: string }) => id)).toEqual(ids);
    for (const af of ['--af', '-af']) {
      const values = await line.run(['q', cluster, af, 'ProcId', 'Owner', 'RequestMemory * 2', 'Nope']);
      expect(values.out).toBe('0 alice 600 undefined\n1 alice 600 undefined\n');
    }
  });

  // The queue must be longer than one page, which takes time on a busy machine.
  it('lists every job of a long queue unless --limit says how many', {
    timeout: 120_000,
  }, async () => {
    const cluster = await submitOn(line, 'request_cpus = 64\n+Many = true', 12_000);
    const many = ['--constraint', 'Many'];
    const all = Array.from({ length: 12_000 }, (_, proc) => String(proc));
    const values = await line.run(['q', ...many, '--af', 'ProcId']);
    expect(values).toMatchObject({ code: 0, err: '' });
    expect(values.out.trimEnd().split('\n')).toEqual(all);
    const json = JSON.parse((await line.run(['q', ...many, '-o', 'json'])).out) as { id: string }[];
    expect(json.map(({ id }) => id)).toEqual(all.map((proc) => `${cluster}.${proc}`));
    const named = await line.run(['q', cluster]);
    expect(named.out).toContain(`${cluster}.11999 `);
    expect(named.out).toContain('Total for query: 12000 jobs;');
    const few = await line.run(['q', ...many, '--limit', '7000', '--af', 'ProcId']);
    expect(few.out.trimEnd().split('\n')).toHaveLength(7000);
    expect(few.err).toBe('(7000 jobs shown; there are more, and --limit all shows all)\n');
    await line.run(['rm', cluster]);
    const ended = ['history', '--constraint', `ClusterId == ${cluster}`];
    const table = await line.run(ended);
    expect(table.out.trimEnd().split('\n')).toHaveLength(1 + 50 + 1);
    expect(table.out).toMatch(/\n\(the newest 50 jobs; --limit all shows all\)\n$/);
    expect(JSON.parse((await line.run([...ended, '-o', 'json'])).out)).toHaveLength(12_000);
  });

  it('truncates long commands in a table but not with -o wide, and evaluates time()', async () => {
    const cluster = await submitOn(line, `request_cpus = 64\narguments = ${'x'.repeat(5000)}`);
    expect((await line.run(['q', cluster])).out).toMatch(/ sh x{76}…\n/);
    expect((await line.run(['q', cluster, '-o', 'wide'])).out).toContain('x'.repeat(5000));
    const time = await line.run(['q', cluster, '--constraint', 'time() > 0', '--af', 'time() > QDate']);
    expect(time.out).toMatch(/^(true|false)\n$/);
  });

  it('filters by constraint and owner, with and without named jobs', async () => {
    const cluster = await submitOn(line, 'request_cpus = 64\n+Colour = "red"', 2);
    const first = ['--constraint', 'Colour == "red" && ProcId == 0', '--af', 'ClusterId'];
    expect((await line.run(['q', ...first])).out).toBe(`${cluster}\n`);
    expect((await line.run(['q', cluster, ...first])).out).toBe(`${cluster}\n`);
    expect((await line.run(['q', '--owner', 'bob', '--af', 'ClusterId'])).out).toBe('');
    expect((await line.run(['q', cluster, '--owner', 'bob', '--af', 'ClusterId'])).out).toBe('');
  });

  it('reports a missing job after it has listed the others', async () => {
    const cluster = await submitOn(line);
    const { code, out, err } = await line.run(['q', '98765.0', cluster]);
    expect(code).toBe(4);
    expect(out).toContain(`${cluster}.0`);
    expect(err).toContain('there is no job 98765.0');
  });

  it.each([
    [['q', 'abc'], '"abc" is not a job; write a job such as 12.3'],
    [['q', '../history'], '"../history" is not a job'],
    [['q', '--constraint', 'Owner =='], '--constraint, column 9: '],
    [['q', '--af', '(('], '--af, column 3: '],
    [['q', '-o', 'xml'], '--output: "xml" is not a valid value; write one of table, wide, json, yaml'],
    [['history', '--limit', 'many'], '--limit: "many" is not a number of jobs'],
    [['history', '--constraint', '1 +'], '--constraint, column '],
    [['rm', '1.x'], '"1.x" is not a job'],
    [['logs', '-f', '0.1'], '"0.1" is not a job'],
    [['fetch', '..'], '".." is not a job'],
  ])('%j is refused before the pool is asked', async (words, message) => {
    await submitOn(line);
    const { code, out, err } = await line.run(words);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(message);
  });
});
