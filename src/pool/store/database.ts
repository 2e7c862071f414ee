import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { GlideinError } from '#base/error.ts';
import { schema, schemaVersion } from './schema.ts';
import type {
  ClusterRow,
  HistoryCursor,
  HistoryRow,
  JobRow,
  StoreAnswers,
  StoredState,
  StoreRequest,
  Synchronous,
} from './store-messages.ts';

const historyColumns = `h.ended AS ended, h.cluster AS cluster, h.proc AS proc, h.record AS record,
  c.record AS clusterRecord FROM history h JOIN clusters c ON c.cluster = h.cluster`;

/** SQLite as the store's thread uses it: one method an operation, each one transaction. */
export class Database {
  readonly #db: DatabaseSync;

  constructor(file: string, synchronous: Synchronous) {
    this.#db = new DatabaseSync(file);
    this.#db.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = OFF;`,
    );
    this.#db.exec(schema);
    const version = this.#meta('version', String(schemaVersion));
    if (version !== String(schemaVersion)) {
      throw new GlideinError(
        'StoreFailed',
        `${file} has schema ${version}, this program needs ${schemaVersion}`,
        {
          cure: 'use the version of glidein that wrote it',
        },
      );
    }
  }

  /** The answer to `request`. @throws whatever SQLite throws: the caller must take the store for broken. */
  answer(request: StoreRequest): StoreAnswers[StoreRequest['op']] {
    switch (request.op) {
      case 'load':
        return this.#load();
      case 'append':
        return this.#append(request.first, request.records);
      case 'fold':
        return this.#fold(request.through, request.clusters, request.jobs);
      case 'history':
        return this.#history(request.before, request.limit);
      case 'historyOf':
        return this.#historyOf(request.cluster, request.proc);
      case 'clusterByKey':
        return this.#clusterByKey(request.key);
      case 'close':
        this.#db.close();
        return null;
    }
  }

  #load(): StoredState {
    const clusters = this.#all<ClusterRow>(
      'SELECT * FROM clusters WHERE cluster IN (SELECT DISTINCT cluster FROM jobs)',
    );
    const jobs = this.#all<JobRow>('SELECT cluster, proc, record FROM jobs ORDER BY cluster, proc');
    const journal = this.#all<{ seq: number; record: string }>(
      'SELECT seq, record FROM journal ORDER BY seq',
    );
    const last = this.#all<{ last: number | null }>('SELECT max(cluster) AS last FROM clusters');
    const generation = this.#meta('generation', randomUUID());
    return { generation, clusters, jobs, journal, lastCluster: last[0]?.last ?? 0 };
  }

  #append(first: number, records: readonly string[]): null {
    return this.#transaction(() => {
      const insert = this.#db.prepare('INSERT INTO journal (seq, record) VALUES (?, ?)');
      for (const [index, record] of records.entries()) insert.run(first + index, record);
    });
  }

  #fold(through: number, clusters: readonly ClusterRow[], jobs: readonly JobRow[]): null {
    return this.#transaction(() => {
      const putCluster = this.#db.prepare(
        'INSERT OR REPLACE INTO clusters (cluster, key, owner, record) VALUES (?, ?, ?, ?)',
      );
      for (const row of clusters) putCluster.run(row.cluster, row.key, row.owner, row.record);
      const putJob = this.#db.prepare('INSERT OR REPLACE INTO jobs (cluster, proc, record) VALUES (?, ?, ?)');
      const dropJob = this.#db.prepare('DELETE FROM jobs WHERE cluster = ? AND proc = ?');
      const putHistory = this.#db.prepare(
        'INSERT OR REPLACE INTO history (ended, cluster, proc, record) VALUES (?, ?, ?, ?)',
      );
      for (const row of jobs) {
        if (row.ended === undefined) {
          putJob.run(row.cluster, row.proc, row.record);
        } else {
          dropJob.run(row.cluster, row.proc);
          putHistory.run(row.ended, row.cluster, row.proc, row.record);
        }
      }
      this.#db.prepare('DELETE FROM journal WHERE seq <= ?').run(through);
    });
  }

  #history(before: HistoryCursor | undefined, limit: number): readonly HistoryRow[] {
    if (before === undefined) {
      return this.#all<HistoryRow>(
        `SELECT ${historyColumns} ORDER BY h.ended DESC, h.cluster DESC, h.proc DESC LIMIT ?`,
        limit,
      );
    }
    return this.#all<HistoryRow>(
      `SELECT ${historyColumns} WHERE (h.ended, h.cluster, h.proc) < (?, ?, ?)
       ORDER BY h.ended DESC, h.cluster DESC, h.proc DESC LIMIT ?`,
      before.ended,
      before.cluster,
      before.proc,
      limit,
    );
  }

  #historyOf(cluster: number, proc: number | undefined): readonly HistoryRow[] {
    return proc === undefined
      ? this.#all<HistoryRow>(`SELECT ${historyColumns} WHERE h.cluster = ? ORDER BY h.proc`, cluster)
      : this.#all<HistoryRow>(`SELECT ${historyColumns} WHERE h.cluster = ? AND h.proc = ?`, cluster, proc);
  }

  #clusterByKey(key: string): ClusterRow | null {
    return this.#all<ClusterRow>('SELECT * FROM clusters WHERE key = ?', key)[0] ?? null;
  }

  #meta(name: string, initial: string): string {
    this.#db.prepare('INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)').run(name, initial);
    return this.#all<{ value: string }>('SELECT value FROM meta WHERE name = ?', name)[0]?.value ?? initial;
  }

  #all<Row>(sql: string, ...values: (string | number)[]): Row[] {
    return this.#db.prepare(sql).all(...values) as Row[];
  }

  #transaction(work: () => void): null {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#db.exec('COMMIT');
      return null;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}
