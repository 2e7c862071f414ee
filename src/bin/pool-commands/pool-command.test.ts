import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { addSettings } from '#cli/add-settings.ts';
import { runProgram } from '#cli/run-program.ts';
import { uploadBlob } from '#client/blobs.ts';
import { clientTable } from '#config/client-table.ts';
import { submitOf } from '#testing/ads.ts';
import { pipedTerminal } from '#testing/piped-terminal.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, jobsAnswer, type SubmitRequest, submitAnswer } from '#wire/jobs.ts';
import { poolCommand } from './pool-command.ts';

let home: string;
let pool: TestPool;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'glidein-pool-command-'));
  pool = await TestPool.start();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await pool.destroy();
  await rm(home, { recursive: true, force: true });
});

/** Runs `glidein pool WORDS`. */
async function run(...words: string[]) {
  const program = addSettings(new Command('glidein'), clientTable).exitOverride();
  const environment = { GLIDEIN_POOL: pool.url, GLIDEIN_TOKEN_FILE: join(home, 'token') };
  const terminal = { ...pipedTerminal(home), environment };
  poolCommand(program, terminal);
  const code = await runProgram(program, ['pool', ...words], terminal);
  return { code, out: terminal.out.text, err: terminal.err.text };
}
const alice = () => pool.client('submitter', 'alice');
const submit = async (procs = 1, inputs: SubmitRequest['procs'][number]['inputs'] = []) => {
  const json = submitOf(procs);
  const { cluster } = await alice().json('/v1/jobs', submitAnswer, {
    method: 'POST',
    json: { ...json, procs: json.procs.map((proc) => ({ ...proc, inputs })) },
  });
  return cluster;
};
const list = async (path = '/v1/jobs') =>
  (await alice().json(path, jobsAnswer)).jobs.map(({ id, ad }) => `${id} ${ad['JobStatus']}`);
const pilot = async (uid: string) =>
  ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', uid), uid });
const again = async (directory = pool.directory, leaseSeconds = 60) => {
  pool = await TestPool.start({ directory, leaseSeconds });
};
const beAdmin = async () => writeFile(join(home, 'token'), await pool.token('admin', 'root'));

describe('glidein pool backup', () => {
  it('copies a running pool, and after a restore no job of the copy runs twice at once', async () => {
    await pool.destroy();
    pool = await TestPool.start({ leaseSeconds: 5 });
    await beAdmin();
    const done = await submit();
    const first = await pilot('u1');
    const firstLives = setInterval(() => first.say({ type: 'renew', sequence: 1 }), 500);
    await first.run(await first.next('start'));
    const running = await submit();
    const start = await first.next('start');
    first.started(start);
    const waiting = await submit(1);
    expect(await run('backup', '--to', 'monday')).toMatchObject({ code: 0, err: '' });

    // The life that the restore forgets: the running job ends, the waiting one starts, and another is submitted.
    first.finished(start);
    await first.recorded(start.claim);
    const forgotten = await first.next('start');
    first.started(forgotten);
    await submit();
    clearInterval(firstLives);
    await pool.stop();

    expect(await run('restore', 'monday', '--pool-directory', pool.directory)).toMatchObject({
      code: 5,
      err: expect.stringMatching(/pool\.db exists; write --replace/),
    });
    expect(await run('restore', 'monday', '--pool-directory', pool.directory, '--replace')).toMatchObject({
      code: 0,
      err: '',
    });
    await again(pool.directory, 5);
    const began = performance.now();
    expect(pool.log.join('')).toContain('an older copy of the database was put back');
    expect(await list('/v1/history')).toEqual([`${done}.0 4`]);
    expect(await list()).toEqual([`${running}.0 1`, `${waiting}.0 1`]);

    // The pilot of the former life still runs 3.0: its result is refused, and so is its claim.
    const back = await ScriptedPilot.open({
      url: pool.url,
      token: await pool.token('pilot', 'u1'),
      uid: 'u1',
    });
    back.sayHello({ claims: [forgotten.claim] });
    expect((await back.next('welcome')).drop).toEqual([forgotten.claim]);
    back.finished(forgotten);
    const other = await pilot('u2');
    const keepAlive = setInterval(() => other.say({ type: 'renew', sequence: 1 }), 500);
    const next = await other.next('start', () => true, 20_000).finally(() => clearInterval(keepAlive));
    expect(performance.now() - began).toBeGreaterThan(4000);
    expect(next.claim.generation).not.toBe(forgotten.claim.generation);
    expect((await list()).filter((job) => job.endsWith(' 1'))).toHaveLength(0);
    for (const job of [`${running}.0`, `${waiting}.0`]) {
      const [view] = (await alice().json(`/v1/jobs/${job}`, jobsAnswer)).jobs;
      expect(view?.attempts.filter(({ outcome }) => outcome !== undefined)).toEqual([]);
    }
  }, 60_000);

  it('contains the files, and copies only those that the backup does not have yet', async () => {
    await beAdmin();
    const put = async (text: string) => {
      const path = join(home, text);
      await writeFile(path, text);
      return { name: text, executable: false, ...(await uploadBlob(alice(), path)) };
    };
    const cluster = await submit(1, [await put('one')]);
    expect(await run('backup', '--to', 'copy')).toMatchObject({ out: expect.stringMatching(/1 new file/) });
    const two = await put('two');
    expect(await run('backup', '--to', 'copy')).toMatchObject({ out: expect.stringMatching(/1 new file/) });
    await pool.destroy();
    const directory = await mkdtemp(join(tmpdir(), 'glidein-pool-'));
    expect(await run('restore', 'copy', '--pool-directory', directory)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/The database and 2 files are back/),
    });
    await again(directory);
    expect(await list()).toEqual([`${cluster}.0 1`]);
    const content = await pool.core.blobs.read(two.digest);
    expect(await content.toArray()).toEqual([Buffer.from('two')]);
  });

  const bring = async (text: string) => {
    const path = join(home, text);
    await writeFile(path, text);
    return uploadBlob(alice(), path);
  };
  const spooled = (root: string, digest: string) =>
    join(root, 'spool', 'blobs', digest.slice(7, 9), digest.slice(7));

  it('copies all other files if one is damaged in the pool, names that one, and fails', async () => {
    await beAdmin();
    const blobs = await Promise.all(['one', 'two', 'three'].map(bring));
    const [damaged = { digest: '' }, ...whole] = blobs.sort((a, b) => (a.digest < b.digest ? -1 : 1));
    await writeFile(spooled(pool.directory, damaged.digest), 'no');
    expect(await run('backup', '--to', 'copy')).toMatchObject({
      code: 8,
      err: expect.stringMatching(new RegExp(`${damaged.digest} was not copied: .*1 file`, 's')),
    });
    for (const { digest } of whole) await stat(spooled(join(home, 'copy'), digest));
  });

  it('leaves alone what another backup to the same directory is writing', async () => {
    await beAdmin();
    await bring('one');
    const incoming = join(home, 'copy', 'spool', 'incoming');
    await mkdir(incoming, { recursive: true });
    const others = [join(home, 'copy', 'pool.db.part'), join(incoming, 'other')];
    for (const path of others) await writeFile(path, 'other');
    expect(await run('backup', '--to', 'copy')).toMatchObject({ code: 0 });
    for (const path of others) expect(await readFile(path, 'utf8')).toBe('other');
  });

  it('leaves no log of an earlier copy beside the database', async () => {
    await beAdmin();
    await submit();
    await cp(pool.directory, join(home, 'copy'), { recursive: true });
    expect((await stat(join(home, 'copy', 'pool.db-wal'))).size).toBeGreaterThan(0);
    expect(await run('backup', '--to', 'copy')).toMatchObject({ code: 0 });
    expect(await readdir(join(home, 'copy'))).not.toContain('pool.db-wal');
  });

  it('copies no files with --no-files', async () => {
    await beAdmin();
    await submit();
    expect(await run('backup', '--to', 'copy', '--no-files')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/without files/),
    });
    expect(await readdir(join(home, 'copy'))).toEqual(['pool.db']);
  });

  it('is for admins only', async () => {
    await writeFile(join(home, 'token'), await pool.token('operator', 'here'));
    expect(await run('backup', '--to', 'copy')).toMatchObject({ code: 3 });
  });

  it('needs as much room again, and leaves nothing behind', async () => {
    await beAdmin();
    await submit(100);
    vi.spyOn(pool.core.volume.room, 'admit').mockRejectedValueOnce(
      new GlideinError('NoSpace', 'too little room'),
    );
    expect(await run('backup', '--to', 'copy')).toMatchObject({
      code: 7,
      err: expect.stringMatching(/too little room/),
    });
    expect(await run('backup', '--to', 'copy')).toMatchObject({ code: 0 });
    await expect.poll(() => readdir(join(pool.directory, 'backups'))).toEqual([]);
  });
});

describe('glidein pool restore', () => {
  it('keeps the database that it replaces', async () => {
    await beAdmin();
    await submit();
    await run('backup', '--to', 'copy');
    await submit();
    await pool.stop();
    const { out } = await run('restore', 'copy', '--pool-directory', pool.directory, '--replace');
    const kept = /The former database is (.*); remove/.exec(out)?.[1] ?? '';
    expect(await run('check', kept)).toMatchObject({ out: expect.stringMatching(/ 2 clusters,/) });
    await again();
    expect(await list()).toHaveLength(1);
  });

  it('changes nothing in the backup, which may be read-only, and fails if a file of it is damaged', async () => {
    await beAdmin();
    const path = join(home, 'input');
    await writeFile(path, 'input');
    const { digest } = await uploadBlob(alice(), path);
    await run('backup', '--to', 'copy');
    const spool = join(home, 'copy', 'spool');
    await rm(join(spool, 'incoming'), { recursive: true });
    const file = join(spool, 'blobs', digest.slice(7, 9), digest.slice(7));
    await utimes(file, 1000, 1000);
    const directory = await mkdtemp(join(home, 'first-'));
    expect(await run('restore', 'copy', '--pool-directory', directory)).toMatchObject({ code: 0, err: '' });
    expect(await readdir(spool)).toEqual(['blobs']);
    expect((await stat(file)).mtimeMs).toBe(1_000_000);
    await writeFile(file, 'spoiled');
    const second = await mkdtemp(join(home, 'second-'));
    expect(await run('restore', 'copy', '--pool-directory', second)).toMatchObject({
      code: 8,
      out: expect.stringMatching(/The database and 0 files are back/),
      err: expect.stringMatching(/was not copied/),
    });
  });

  it('does not read the log of a database that is gone into the backup', async () => {
    await beAdmin();
    const cluster = await submit();
    await run('backup', '--to', 'copy');
    await submit(300);
    const directory = join(home, 'lost');
    await cp(pool.directory, directory, { recursive: true });
    expect((await stat(join(directory, 'pool.db-wal'))).size).toBeGreaterThan(0);
    await rm(join(directory, 'pool.db'));
    expect(await run('restore', 'copy', '--pool-directory', directory)).toMatchObject({ code: 0 });
    expect(await run('check', directory)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/ 1 journal,/),
    });
    await pool.destroy();
    await again(directory);
    expect(await list()).toEqual([`${cluster}.0 1`]);
  });

  it('finds the pool of glidein up without --pool-directory', async () => {
    await beAdmin();
    await submit();
    await run('backup', '--to', 'copy');
    expect(await run('restore', 'copy')).toMatchObject({ code: 0 });
    expect(await run('check')).toMatchObject({
      out: expect.stringMatching(/glidein\/pool\/pool\.db is whole/),
    });
  });

  it('refuses a damaged backup and a pool that runs, and changes nothing', async () => {
    await beAdmin();
    await submit(500);
    await run('backup', '--to', 'copy');
    expect(await run('restore', 'copy', '--pool-directory', pool.directory, '--replace')).toMatchObject({
      code: 8,
      err: expect.stringMatching(/is in use/),
    });
    await truncate(join(home, 'copy', 'pool.db'), 4096 * 8);
    await pool.stop();
    const before = await readdir(pool.directory);
    expect(await run('restore', 'copy', '--pool-directory', pool.directory, '--replace')).toMatchObject({
      code: 8,
      err: expect.stringMatching(/is damaged/),
    });
    expect(await readdir(pool.directory)).toEqual(before);
    await again();
    expect(await list()).toHaveLength(500);
  });

  it('names a backup that is damaged or missing, and says to use another', async () => {
    await beAdmin();
    await run('backup', '--to', 'copy');
    await pool.stop();
    const damaged = join(home, 'copy', 'pool.db');
    await truncate(damaged, 5000);
    const { err } = await run('restore', 'copy', '--pool-directory', pool.directory, '--replace');
    expect(err).toContain(`${damaged} is damaged`);
    expect(err).toContain('use another backup');
    expect(err).not.toMatch(/\.next|glidein pool restore/);
    expect(await run('restore', 'nowhere', '--pool-directory', pool.directory)).toMatchObject({
      err: expect.stringMatching(/nowhere.* does not exist/),
    });
    await again();
  });

  it.each(['a-file', '/proc/nowhere'])('says that there can be no backup at %s', async (place) => {
    await beAdmin();
    await writeFile(join(home, 'a-file'), 'text');
    expect(await run('backup', '--to', place)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/cannot make the directory .*(a-file|nowhere)/),
    });
  });

  it('begins a new generation even if the mark of the former life fits', async () => {
    await submit();
    await pool.stop();
    await cp(pool.directory, join(home, 'whole'), { recursive: true });
    expect(await run('restore', 'whole', '--pool-directory', pool.directory, '--replace')).toMatchObject({
      code: 0,
    });
    await again();
    expect(pool.log.join('')).toContain('an older copy of the database was put back');
    await pool.stop();
    await again();
    expect(pool.log.join('')).not.toContain('an older copy');
  });
});

describe('glidein pool check', () => {
  it('says of the database of a stopped pool that it is whole, and leaves no file behind', async () => {
    await submit(3);
    await pool.stop();
    const before = await readdir(pool.directory);
    expect(await run('check', pool.directory)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/pool\.db is whole: schema \d+; rows: 1 clusters, /),
    });
    expect(await readdir(pool.directory)).toEqual(before);
    pool = await TestPool.start({ directory: pool.directory });
  });

  it('says what is damaged', async () => {
    await submit(500);
    await pool.stop();
    const file = join(pool.directory, 'pool.db');
    await truncate(file, 4096 * 8);
    expect(await run('check', file)).toMatchObject({
      code: 8,
      err: expect.stringMatching(/pool\.db is damaged/),
    });
    await rm(file);
    await rm(`${file}.mark`);
    pool = await TestPool.start({ directory: pool.directory });
  });

  it('refuses the database of a running pool', async () => {
    expect(await run('check', pool.directory)).toMatchObject({
      code: 8,
      err: expect.stringMatching(/is in use/),
    });
  });
});

describe('glidein pool gc', () => {
  it('says with --dry-run what it would remove, and then removes it', async () => {
    await pool.destroy();
    const retention = { historyAge: 1, historyJobs: 10, keyAge: 1, fileAge: 60_000 };
    pool = await TestPool.start({ settings: { retention } });
    await beAdmin();
    const cluster = await submit(3);
    const json = { action: 'remove', jobs: [String(cluster)], reason: 'test' };
    await alice().json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json });
    await pool.core.ledger.foldNow();
    expect(await run('gc', '--dry-run')).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^3 ended jobs and 0 files of .* would be removed\.\n.* of its volume are free/,
      ),
    });
    expect(await list('/v1/history')).toHaveLength(3);
    expect(await run('gc')).toMatchObject({ out: expect.stringMatching(/^3 ended jobs .* were removed/) });
    expect(await list('/v1/history')).toHaveLength(0);
  });
});
