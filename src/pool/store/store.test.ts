import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GlideinError } from '#base/error.ts';
import type { HistoryCursor } from './history-rows.ts';
import type { StoredPart } from './snapshot-rows.ts';
import { Store } from './store.ts';

describe('the store', () => {
  let directory: string;
  let file: string;
  const open: Store[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glidein-store-'));
    file = join(directory, 'pool.db');
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((store) => store.close()));
    await rm(directory, { recursive: true, force: true });
  });

  const begin = (events: ConstructorParameters<typeof Store>[2] = {}): Store => {
    const store = new Store(file, 'FULL', events);
    open.push(store);
    return store;
  };
  const end = async (store: Store): Promise<void> => {
    open.splice(open.indexOf(store), 1);
    await store.close();
  };

  const partsOf = async (store: Store): Promise<StoredPart[]> => {
    const parts: StoredPart[] = [];
    for await (const part of store.stored()) parts.push(part);
    return parts;
  };
  /** All that a starting pool reads. */
  const everything = async (store: Store) => {
    const head = await store.load();
    const parts = await partsOf(store);
    return {
      ...head,
      jobs: parts.flatMap(({ jobs }) => jobs),
      ended: parts.flatMap(({ ended }) => ended),
      journal: parts.flatMap(({ journal }) => journal),
    };
  };

  it('appended records are read back in order after a restart', async () => {
    const first = begin();
    const { generation } = await first.load();
    await Promise.all(['"a"', '"b"', '"c"'].map((record) => first.append(record).durable));
    await end(first);
    const again = await everything(begin());
    expect(again.journal.map(({ record }) => record)).toEqual(['"a"', '"b"', '"c"']);
    expect(again.generation).toBe(generation);
  });

  it('appends that wait are committed together, and each commit is reported', async () => {
    const commits: number[] = [];
    const store = begin({ onCommit: (_milliseconds, records) => commits.push(records) });
    await store.load();
    await Promise.all(Array.from({ length: 100 }, (_, index) => store.append(`${index}`).durable));
    expect(commits.reduce((sum, count) => sum + count, 0)).toBe(100);
    expect(commits.length).toBeLessThan(10);
  });

  it('a fold replaces the journal by rows, and moves ended jobs to the history', async () => {
    const store = begin();
    await store.load();
    void store.append('"before"');
    await store.fold({
      clusters: [{ cluster: 1, key: 'a/k', owner: 'a', record: '{"id":1}' }],
      jobs: [
        { cluster: 1, proc: 0, record: '{"proc":0}' },
        { cluster: 1, proc: 1, record: '{"proc":1}', ended: 5 },
      ],
    });
    await store.folded(store.lastSeq);
    await store.append('"after"').durable;
    expect(await store.historyOf(1, -1, 10)).toMatchObject({
      rows: [{ proc: 1, ended: 5 }],
      clusters: [{ cluster: 1, record: '{"id":1}' }],
    });
    expect(await store.clusterByKey('a/k')).toMatchObject({ cluster: 1 });
    await end(store);
    const state = await everything(begin());
    expect(state.journal.map(({ record }) => record)).toEqual(['"after"']);
    expect(state.jobs).toMatchObject([{ proc: 0 }]);
    expect(state.lastCluster).toBe(1);
  });

  it('pages of history take little memory, however large the ads are', async () => {
    const store = begin();
    await store.load();
    const long = JSON.stringify({ ad: 'x'.repeat(2 ** 20) });
    const jobs = (cluster: number, record: string) =>
      Array.from({ length: 9 }, (_, proc) => ({ cluster, proc, record, ended: proc }));
    await store.fold({
      clusters: [1, 2].map((cluster) => ({ cluster, key: `a/${cluster}`, owner: 'a', record: long })),
      jobs: [...jobs(1, '{}'), ...jobs(2, long)],
    });
    const ofFirst = await store.historyOf(1, -1, 500);
    expect(ofFirst.rows.map(({ proc }) => proc)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(ofFirst.clusters).toHaveLength(1);
    const seen: string[] = [];
    for (let before: HistoryCursor | undefined; ; ) {
      const { rows, clusters } = await store.history(before, 500);
      before = rows.at(-1);
      if (before === undefined) break;
      expect(JSON.stringify([rows, clusters]).length).toBeLessThan(5 * 2 ** 20);
      seen.push(...rows.map(({ cluster, proc }) => `${cluster}.${proc}`));
    }
    expect(seen).toHaveLength(18);
    expect(new Set(seen).size).toBe(18);
    await end(store);
  });

  it('parts of what is stored take little memory', async () => {
    const store = begin();
    await store.load();
    const long = JSON.stringify('x'.repeat(2 ** 20));
    await Promise.all(Array.from({ length: 9 }, () => store.append(long).durable));
    await end(store);
    const again = begin();
    await again.load();
    const parts = await partsOf(again);
    expect(parts.flatMap(({ journal }) => journal)).toHaveLength(9);
    for (const { journal } of parts) expect(journal.length).toBeLessThan(4);
  });

  it('ended jobs are known although an interrupted fold left their submission in the journal', async () => {
    const store = begin();
    await store.load();
    await store.append('{"type":"submit","cluster":3}').durable;
    await store.fold({ jobs: [{ cluster: 3, proc: 1, record: '{}', ended: 5 }] });
    await end(store);
    expect((await everything(begin())).ended).toEqual([{ cluster: 3, proc: 1 }]);
  });

  it('events without jobs go by their number, however young they are, but not before they are folded', async () => {
    const store = begin();
    await store.load();
    const event = (cluster: number) => ({ cluster, proc: 0, owner: 'a', at: Date.now(), detail: '{}' });
    for (let cluster = 1; cluster <= 4; cluster += 1) {
      await store.append('{}', { event: event(cluster) }).durable;
      if (cluster === 3) await store.folded(store.lastSeq);
    }
    const stale = { before: 0, after: 0 };
    expect(await store.pruneEvents({ ...stale, through: 2 })).toEqual({ removed: 2, next: 2 });
    expect(await store.pruneEvents({ ...stale, through: 9 })).toEqual({ removed: 1, next: 4 });
    const { rows } = await store.events({ after: 0, through: 9, owner: undefined, clusters: [] });
    expect(rows.map(({ cluster }) => cluster)).toEqual([4]);
  });

  it('no journal number is used twice, even after a fold', async () => {
    const store = begin();
    await store.load();
    await store.append('"a"').durable;
    await store.folded(store.lastSeq);
    await end(store);
    const again = begin();
    await again.load();
    expect(again.append('"b"').seq).toBe(2);
  });

  it('nothing becomes durable after a failed write, and the failure is reported once', async () => {
    const failures: GlideinError[] = [];
    const store = begin({ onBroken: (error) => failures.push(error) });
    await store.load();
    await store.append('"kept"').durable;
    // No text: SQLite itself refuses the row.
    const failing = store.append(null as never).durable;
    const overtaking = store.fold({ jobs: [{ cluster: 9, proc: 9, record: '{}' }] });
    await expect(failing).rejects.toMatchObject({ code: 'StoreFailed' });
    await expect(overtaking).rejects.toMatchObject({ code: 'StoreFailed' });
    await expect(store.append('"later"').durable).rejects.toMatchObject({ code: 'StoreFailed' });
    expect(failures).toHaveLength(1);
    expect(failures[0]?.message).not.toMatch(/constraint|journal/i);
    await end(store);
    const state = await everything(begin());
    expect(state.journal.map(({ record }) => record)).toEqual(['"kept"']);
    expect(state.jobs).toEqual([]);
  });

  it('a database that another pool has open is refused', async () => {
    await begin().load();
    const second = new Store(file, 'FULL');
    await expect(second.load()).rejects.toMatchObject({
      code: 'StoreFailed',
      message: expect.stringContaining('end the other pool first'),
    });
    await second.close();
  }, 15_000);

  it('a database of another schema version is refused with the reason', async () => {
    const store = begin();
    await store.load();
    await end(store);
    const db = new DatabaseSync(file);
    db.exec("UPDATE meta SET value = '99' WHERE name = 'version'");
    db.close();
    await expect(begin().load()).rejects.toThrow(/schema 99/);
  });

  it('a request to a closed store fails and does not hang', async () => {
    const store = begin();
    await store.load();
    await end(store);
    await expect(store.append('"x"').durable).rejects.toMatchObject({ code: 'Unavailable' });
  });
});
