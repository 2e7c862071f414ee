import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { evaluate } from '#classad/evaluate.ts';
import { parseExpression, parseOldAd } from '#classad/parser.ts';
import { eventually } from '#testing/eventually.ts';
import { GlideinLine } from '#testing/glidein-line.ts';
import { PrintedText } from '#testing/piped-terminal.ts';
import { containerSlot } from '#testing/registered-pilot.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
const pilots: ScriptedPilot[] = [];

beforeAll(async () => {
  line = await GlideinLine.start();
});
afterAll(async () => {
  for (const pilot of pilots) pilot.cut();
  await line.stop();
});

const submitFile = (more = '', queue = 1) =>
  `executable = /bin/sh\ntransfer_executable = false\narguments = -c id\ncontainer_image = hello\n${more}\nqueue ${queue}\n`;

/** Submits jobs; by default of 64 cores, so that no pilot of this test takes them. @returns the cluster */
async function submit(more = 'request_cpus = 64', queue = 1): Promise<string> {
  const { out, err } = await line.run(['submit', await line.file('job.sub', submitFile(more, queue))]);
  const cluster = /cluster (\d+)/.exec(out)?.[1];
  if (cluster === undefined) throw new Error(err);
  return cluster;
}

/** A pilot for the jobs whose attribute For is its name. */
async function pilotFor(uid: string): Promise<ScriptedPilot> {
  const slot = containerSlot(`TARGET.For == "${uid}"`);
  const bid = {
    groups: [
      {
        name: 'test',
        template: slot,
        wanted: 1,
        decision: 'One is enough',
        limits: [],
        phases: { Idle: 1, Busy: 0 },
      },
    ],
    pilots: pilots
      .map((_, n) => n)
      .map((n) => ({ uid: `p${n}`, name: `p${n}`, group: 'test', registered: true })),
  };
  bid.pilots.push({ uid, name: uid, group: 'test', registered: false });
  const answer = await line.post('/v1/bidders/here', await line.token('here', 'operator'), bid);
  expect(answer.status).toBe(200);
  const pilot = await ScriptedPilot.start({
    url: line.url,
    uid,
    token: await line.token(uid, 'pilot'),
    slot,
    hello: { name: uid },
  });
  pilots.push(pilot);
  return pilot;
}

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

describe('q', () => {
  it('lists jobs as a table for people and as JSON for programs', async () => {
    const cluster = await submit('request_cpus = 64\nrequest_memory = 300', 2);
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
    const cluster = await submit('request_cpus = 64\n+Many = true', 12_000);
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
    const cluster = await submit(`request_cpus = 64\narguments = ${'x'.repeat(5000)}`);
    expect((await line.run(['q', cluster])).out).toMatch(/ sh x{76}…\n/);
    expect((await line.run(['q', cluster, '-o', 'wide'])).out).toContain('x'.repeat(5000));
    const time = await line.run(['q', cluster, '--constraint', 'time() > 0', '--af', 'time() > QDate']);
    expect(time.out).toMatch(/^(true|false)\n$/);
  });

  it('filters by constraint and owner, with and without named jobs', async () => {
    const cluster = await submit('request_cpus = 64\n+Colour = "red"', 2);
    const first = ['--constraint', 'Colour == "red" && ProcId == 0', '--af', 'ClusterId'];
    expect((await line.run(['q', ...first])).out).toBe(`${cluster}\n`);
    expect((await line.run(['q', cluster, ...first])).out).toBe(`${cluster}\n`);
    expect((await line.run(['q', '--owner', 'bob', '--af', 'ClusterId'])).out).toBe('');
    expect((await line.run(['q', cluster, '--owner', 'bob', '--af', 'ClusterId'])).out).toBe('');
  });

  it('reports a missing job after it has listed the others', async () => {
    const cluster = await submit();
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
    await submit();
    const { code, out, err } = await line.run(words);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(message);
  });
});

describe('hold, release and rm', () => {
  it('change jobs, show the reason of a hold, and name the jobs that they could not change', async () => {
    const cluster = await submit('request_cpus = 64', 2);
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
    const cluster = await submit();
    const { code, err } = await line.run(['hold', cluster, '--reason', 'x'.repeat(1025)]);
    expect(code).toBe(2);
    expect(err).toContain('the reason has 1025 characters; at most 1024 are kept with a job');
    expect((await line.run(['q', cluster, '--af', 'JobStatus'])).out).toBe('1\n');
  });

  it('refuse to change the jobs of other users', async () => {
    const cluster = await submit();
    const file = await line.file('bob', await line.token('bob', 'submitter'));
    const { code, err } = await line.run(['rm', cluster, '--token-file', file]);
    expect(code).toBe(3);
    expect(err).toContain(`job ${cluster}.0 belongs to alice, not to bob`);
  });

  it('change a cluster once that is named several times, as in the output of `q --af ClusterId`', async () => {
    const cluster = await submit('request_cpus = 64', 2);
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
    const cluster = await submit();
    expect((await line.run(['release', '98765', cluster])).code).toBe(5);
    await line.run(['rm', cluster]);
    expect((await line.run(['history', cluster])).out).toBe(`${cluster}.0 was never started\n`);
  });
});

describe('a job', () => {
  it('is visible to other users without its files, which they cannot fetch', async () => {
    const pilot = await pilotFor('p-alice');
    const cluster = await submit('+For = "p-alice"\noutput = job.out');
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

  it('can be followed while it runs, listed with its attempts, and fetched', async () => {
    const pilot = await pilotFor('p0');
    const cluster = await submit('+For = "p0"\noutput = logs/job.out\nerror = ../../job.err\nretry = 1');
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
    const job = `${await submit('+For = "p1"')}.0`;
    const [out, err] = [new PrintedText(), new PrintedText()];
    const following = line.run(['logs', '-f', job], { out, err });
    const waits = `${job} is waiting; \`glidein why ${job}\` tells why`;
    await eventually(() => expect(err.text).toContain(waits));
    const first = await pilotFor('p1');
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
    const pilot = await pilotFor('p4');
    const job = `${await submit('+For = "p4"')}.0`;
    await pilot.begin(job);
    const text = `${'a line of a log that is longer than one piece\n'.repeat(60_000)}LAST\n`;
    pilot.printed.set(job, text);
    const { code, out } = await line.run(['logs', job]);
    expect([code, out.length]).toEqual([0, text.length]);
    expect(out.endsWith('LAST\n')).toBe(true);
  });

  it('is followed by logs -f across the loss of its pilot, with a note', async () => {
    const first = await pilotFor('p5');
    const job = `${await submit('+For = "p5"')}.0`;
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
    const second = await pilotFor('p5');
    const start = await second.begin(job);
    await second.finish(start, { stdout: await second.bring('stdout', 'of the second try\n') });
    const { code, err } = await following;
    expect([code, printed.text]).toEqual([0, 'of the first try\nof the second try\n']);
    // Either message: the reader asked the pilot just before it went, or just after.
    expect(err).toMatch(/the pilot (of this job is not connected now|did not send .*); waiting for more/);
    expect(err).toContain(`${job} is running again; its output starts over`);
  });

  it('none of whose output was kept makes logs fail with the reason', async () => {
    const pilot = await pilotFor('p6');
    const cluster = await submit('+For = "p6"', 1);
    await pilot.begin(`${cluster}.0`);
    await line.run(['rm', cluster, '--reason', 'wrong input']);
    const never = await submit('request_cpus = 64');
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
    const cluster = await submit('request_cpus = 64', 2);
    expect(await line.run(['logs', cluster])).toMatchObject({
      code: 2,
      err: `glidein: ${cluster} is a cluster of several jobs; name one of them, such as ${cluster}.0\n`,
    });
  });

  it('gets a directory of its own when a cluster is fetched, whatever its files are called', async () => {
    const pilot = await pilotFor('p2');
    const cluster = await submit('+For = "p2"\noutput = ..', 2);
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
    const pilot = await pilotFor('p-odd');
    const cluster = await submit('+For = "p-odd"');
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

describe('status', () => {
  it('shows groups with their decisions, and pilots with their free resources', async () => {
    await pilotFor('p3');
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
    const cluster = await submit();
    await line.run(['hold', `${cluster}.0`, '--reason', '-forcex']);
    const { out } = await line.run(['q', '-o', 'json', cluster]);
    expect(out).toContain('-forcex (by alice)');
  });

  it('is not needed for --version, which prints the version', async () => {
    expect(await line.run(['--version'])).toEqual({ code: 0, out: '1.2.3\n', err: '' });
  });
});
