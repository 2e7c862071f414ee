import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';

/** Attributes that used up the stack of whoever evaluated `n.Cpus`. */
const circle = { n: '{n.n, [A = "x + 1"]}' };

describe('what the pool cannot read', () => {
  let pool: TestPool;

  afterEach(async () => {
    await pool.destroy();
  });

  const submit = (more: Readonly<Record<string, string>> = {}, procs = 1) =>
    pool
      .client('submitter', 'alice')
      .json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(procs, more) });
  const list = async (path = '/v1/jobs') =>
    (await pool.client('submitter', 'alice').json(path, jobsAnswer)).jobs.map(({ id, ad }) => ({
      id,
      state: ad['JobStatus'],
      code: ad['HoldReasonCode'],
      reason: ad['HoldReason'] ?? ad['RemoveReason'],
    }));
  const act = (action: string, job: string) =>
    pool.client('submitter', 'alice').json('/v1/jobs/actions', jobActionAnswer, {
      method: 'POST',
      json: { action, jobs: [job], reason: 'because' },
    });

  /** Makes procs more than fresh: something has happened to each of them. */
  async function touch(cluster: number, procs: number): Promise<void> {
    for (const action of ['hold', 'release'])
      for (let proc = 0; proc < procs; proc += 1) await act(action, `${cluster}.${proc}`);
  }

  /** Ends the pool, does something to its database, and starts it again. */
  async function restart(change: (db: DatabaseSync) => void = () => {}): Promise<void> {
    await pool.stop();
    const db = new DatabaseSync(join(pool.directory, 'pool.db'));
    change(db);
    db.close();
    pool = await TestPool.start({ directory: pool.directory });
  }
  const aside = () => {
    const rows: unknown[] = [];
    return restart((db) => {
      rows.push(...db.prepare('SELECT source, name, record FROM aside ORDER BY source, name').all());
    }).then(() => rows);
  };

  it('a priority that refers to itself breaks neither listings nor restarts', async () => {
    pool = await TestPool.start();
    const { cluster } = await submit({ ...circle, JobPrio: 'isUndefined(n.Cpus) ? 1 : 2' });
    expect(await list()).toMatchObject([{ id: `${cluster}.0`, state: '1' }]);
    expect(await list('/v1/jobs?constraint=isUndefined(n.Cpus)%20%7C%7C%20JobPrio%20%3E%20100')).toEqual([]);
    await restart();
    expect(await list()).toMatchObject([{ id: `${cluster}.0`, state: '1' }]);
  });

  it('requirements, rank or requests that refer to themselves do not stop other jobs', async () => {
    pool = await TestPool.start();
    for (const name of ['Requirements', 'Rank', 'RequestCpus', 'RequestMemory'])
      await submit({ ...circle, [name]: 'isUndefined(n.Cpus) ? 1 : 2' });
    const { cluster } = await submit();
    const pilot = await ScriptedPilot.start({
      url: pool.url,
      token: await pool.token('pilot', 'u1'),
      uid: 'u1',
    });
    await pilot.next('start', ({ job }) => job === `${cluster}.0`);
  });

  it('an exit policy that refers to itself does not make the job run for ever', async () => {
    pool = await TestPool.start();
    await submit({ ...circle, OnExitRemove: 'isUndefined(n.Cpus) ? "x" : n.Cpus' });
    const pilot = await ScriptedPilot.start({
      url: pool.url,
      token: await pool.token('pilot', 'u1'),
      uid: 'u1',
    });
    const start = await pilot.next('start');
    pilot.started(start);
    expect(await list()).toMatchObject([{ state: '2' }]);
    pilot.finished(start);
    await expect.poll(() => list()).toEqual([]);
  });

  it('a job whose attribute does not parse is held with the reason, and its neighbours are not', async () => {
    pool = await TestPool.start();
    const { cluster } = await submit({}, 2);
    await touch(cluster, 2);
    await restart((db) => {
      db.exec(
        `UPDATE jobs SET record = json_set(record, '$.attributes', json('{"Foo":"((("}')) WHERE proc = 1`,
      );
    });
    await expect
      .poll(() => list())
      .toMatchObject([
        { id: `${cluster}.0`, state: '1' },
        { id: `${cluster}.1`, state: '5', code: '26', reason: expect.stringContaining('Foo') },
      ]);
    await act('release', `${cluster}.1`);
    await expect.poll(() => list()).toMatchObject([{ state: '1' }, { state: '5', code: '26' }]);
  });

  it('a job whose row cannot be read is held, its row is kept, and it can be removed', async () => {
    pool = await TestPool.start();
    const { cluster } = await submit({}, 3);
    await touch(cluster, 3);
    await restart((db) => {
      db.exec(`UPDATE jobs SET record = '{"proc":0,"sta' WHERE proc = 0`);
      db.exec(`UPDATE jobs SET record = '{"proc":1,"state":"Dreaming"}' WHERE proc = 1`);
    });
    const held = [
      { id: `${cluster}.0`, state: '5', code: '26' },
      { id: `${cluster}.1`, state: '5', code: '26' },
      { id: `${cluster}.2`, state: '1' },
    ];
    expect(await list()).toMatchObject(held);
    expect(await aside()).toMatchObject([
      { source: 'jobs', name: `${cluster}.0`, record: '{"proc":0,"sta' },
      { source: 'jobs', name: `${cluster}.1` },
    ]);
    expect(await list()).toMatchObject(held);
    await act('release', `${cluster}.1`);
    await expect.poll(() => list()).toMatchObject(held);
    await act('remove', `${cluster}.0`);
    await restart();
    expect((await list()).map(({ id }) => id)).toEqual([`${cluster}.1`, `${cluster}.2`]);
  });

  it('jobs of a cluster whose record is gone or broken are held', async () => {
    pool = await TestPool.start();
    const { cluster: broken } = await submit();
    const { cluster: gone } = await submit();
    const { cluster: good } = await submit();
    await touch(gone, 1);
    await restart((db) => {
      db.exec(`UPDATE clusters SET record = 'nonsense' WHERE cluster = ${broken}`);
      db.exec(`DELETE FROM clusters WHERE cluster = ${gone}`);
    });
    await expect
      .poll(() => list())
      .toMatchObject([
        { id: `${broken}.0`, state: '5', code: '26' },
        { id: `${gone}.0`, state: '5', code: '26' },
        { id: `${good}.0`, state: '1' },
      ]);
  });

  it.each([
    ['not JSON', '{"sha'],
    ['without a state', '{"shared":{"proc":-1},"procs":[[0,2]]}'],
    ['without procs', '{"shared":{"proc":-1,"state":"Idle"},"procs":[0]}'],
  ])('fresh procs whose record is %s are held for good, and their own jobs are not', async (_what, text) => {
    pool = await TestPool.start();
    const { cluster } = await submit({}, 3);
    await act('hold', `${cluster}.1`);
    await act('release', `${cluster}.1`);
    await restart((db) => {
      db.prepare('UPDATE clusters SET fresh = ?').run(text);
    });
    const held = [{ state: '5', code: '26' }, { state: '1' }, { state: '5', code: '26' }];
    await expect.poll(() => list()).toMatchObject(held);
    await act('release', String(cluster));
    await expect.poll(() => list()).toMatchObject(held);
    expect(await aside()).toMatchObject([{ source: 'clusters', name: String(cluster), record: text }]);
  });

  it.each([
    ['broken', `UPDATE differences SET data = CAST('nonsense' || char(10) || '{}' AS BLOB)`],
    ['gone', 'DELETE FROM differences'],
  ])(
    'procs whose differences are %s are held, so that none runs with the wrong arguments',
    async (_what, sql) => {
      pool = await TestPool.start();
      const json = {
        ...submitOf(),
        procs: [1, 2].map((n) => ({ attributes: { Args: `"${n}"` }, inputs: [] })),
      };
      await pool.client('submitter', 'alice').json('/v1/jobs', submitAnswer, { method: 'POST', json });
      await restart((db) => db.exec(sql));
      const held = { state: '5', code: '26', reason: expect.stringContaining('differences') };
      await expect.poll(() => list()).toMatchObject([held, held]);
    },
  );

  it('unreadable journal records are kept and do not stop the pool from starting', async () => {
    pool = await TestPool.start();
    const { cluster } = await submit({}, 2);
    const next = cluster + 1;
    const records = [
      'not json {',
      `{"type":"enchant","at":1,"job":{"cluster":${cluster},"proc":0}}`,
      `{"type":"hold","at":1,"job":"all of them"}`,
      `{"type":"submit","at":1,"cluster":${next},"key":"alice/k","owner":"alice","ad":{"A":1},"procs":[{}]}`,
      `{"type":"submit","at":1,"cluster":${next + 1},"key":"alice/l","owner":"alice","ad":{"A":"1`,
    ];
    await restart((db) => {
      const first = db.prepare("SELECT value FROM meta WHERE name = 'folded'").get()?.['value'] ?? 0;
      const insert = db.prepare('INSERT INTO journal (seq, record) VALUES (?, ?)');
      for (const [index, record] of records.entries()) insert.run(Number(first) + 100 + index, record);
    });
    const held = [
      { id: `${cluster}.0`, state: '5', reason: expect.stringContaining('enchant') },
      { id: `${cluster}.1`, state: '1' },
      { id: `${next}.0`, state: '5', code: '26' },
      { id: `${next + 1}.0`, state: '5', code: '26' },
    ];
    await expect.poll(() => list()).toMatchObject(held);
    expect((await aside()).map((row) => (row as { record: string }).record).sort()).toEqual(records.sort());
    await expect.poll(() => list()).toMatchObject(held);
    const { cluster: fresh } = await submit();
    expect(fresh).toBeGreaterThan(next + 1);
  });

  it('a submission whose record does not say its number any more shares that number with no later one', async () => {
    pool = await TestPool.start();
    const { cluster } = await submit();
    // As a kill before the next fold leaves it, and damage to the file after that.
    await restart((db) => {
      db.exec('DELETE FROM clusters; DELETE FROM jobs');
      db.exec(`INSERT INTO journal SELECT value + 100, '{"type":"sub' FROM meta WHERE name = 'folded'`);
    });
    expect(await list()).toEqual([]);
    await restart();
    expect((await submit()).cluster).toBe(cluster + 1);
  });

  it('an unreadable row of the history does not break the history', async () => {
    pool = await TestPool.start();
    const { cluster } = await submit({}, 2);
    await act('remove', String(cluster));
    await restart((db) => {
      db.exec(`UPDATE history SET record = '{' WHERE proc = 0`);
    });
    expect(await list('/v1/history')).toMatchObject([
      { id: `${cluster}.1`, state: '3' },
      { id: `${cluster}.0`, state: '3', reason: expect.stringContaining('cannot be read') },
    ]);
  });
});
