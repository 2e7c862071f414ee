import { randomUUID } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { describeError, GlideinError } from '#base/error.ts';
import { eventPage } from './event-pages.ts';
import { byProc, newestFirst } from './history-pages.ts';
import { MarkFile } from './mark.ts';
import { pruneClusters, pruneEvents, pruneHistory, references } from './prune.ts';
import { schema, schemaVersion } from './schema.ts';
import type {
  AsideRow,
  ClusterRow,
  EventRow,
  JobRow,
  StoreAnswers,
  StoredPart,
  StoreRequest,
  Synchronous,
} from './store-messages.ts';

/** Milliseconds that a starting pool waits for its predecessor to release the file. */
const lockPatience = 5000;

/** The size to which the file of the write-ahead log shrinks after a large transaction. */
const walBytesKept = 8 * 2 ** 20;

/** SQL for a field of a journal record; NULL for a record that is not JSON, which must not fail the whole query. */
const field = (name: string): string =>
  `CASE WHEN json_valid(record) THEN json_extract(record, '$.${name}') END`;

/** SQL for jobs of the history that the journal mentions again, because a result came after they had ended. */
const latecomers = (...columns: readonly ('cluster' | 'proc')[]): string =>
  `SELECT ${columns.map((column) => field(`job.${column}`)).join(', ')}
   FROM journal WHERE ${field('type')} = 'late'`;

/** The queries for everything that is stored, in the order in which a starting pool needs the rows. */
const stored = {
  clusters: `SELECT * FROM clusters WHERE cluster IN (SELECT cluster FROM jobs UNION ${latecomers('cluster')})`,
  jobs: `SELECT cluster, proc, record FROM jobs UNION ALL
    SELECT cluster, proc, record FROM history WHERE (cluster, proc) IN (${latecomers('cluster', 'proc')})`,
  ended: `SELECT cluster, proc FROM history WHERE cluster IN (
    SELECT ${field('cluster')} FROM journal WHERE ${field('type')} = 'submit')`,
  journal: 'SELECT seq, record FROM journal ORDER BY seq',
} as const;

/** SQLITE_FULL. */
const full = 13;

/** Whether SQLite found the disk full: nothing was changed, and the call may be retried. */
export const isFull = (error: unknown): boolean => (error as { errcode?: number }).errcode === full;

/** The most rows, and characters in their records, that one part of the stored data holds. */
const mostRows = 2000;
const mostCharacters = 2 ** 21;

/** SQLite as the store's thread uses it: one method per operation, one transaction per method. */
export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #parts: Generator<StoredPart, void> | undefined;
  readonly #mark: MarkFile;
  #generation = '';
  #life = 0;

  constructor(file: string, synchronous: Synchronous) {
    this.#db = new DatabaseSync(file);
    this.#mark = new MarkFile(file);
    this.#open(file, synchronous);
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

  /**
   * EXCLUSIVE keeps the lock for the life of the process: two pools on one queue would each give away the same job. The
   * kernel releases the lock when the process ends, however it ends, so a successor only has to wait until the old one is gone.
   *
   * **Gotchas.** The pragma must come before anything that reads the file: only then does SQLite keep the index of the log in
   * memory, and not in a file, for which a full disk has no room. Opening an existing database writes nothing.
   */
  #open(file: string, synchronous: Synchronous): void {
    try {
      this.#db.exec(`PRAGMA busy_timeout = ${lockPatience}; PRAGMA locking_mode = EXCLUSIVE;`);
      // In a database that already has tables, this would be a write.
      if (this.#all('SELECT 1 FROM sqlite_schema').length === 0)
        this.#db.exec('PRAGMA auto_vacuum = INCREMENTAL');
      this.#db.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = OFF;
         PRAGMA journal_size_limit = ${walBytesKept};`,
      );
      this.#db.exec(schema);
      this.#db.exec('BEGIN IMMEDIATE; COMMIT');
    } catch (cause) {
      if (!/locked|busy/i.test(describeError(cause))) throw cause;
      throw new GlideinError('StoreFailed', `${file} is in use`, { cure: 'end the other pool first', cause });
    }
  }

  /** The answer to `request`. @throws whatever SQLite throws; the caller must then consider the store broken. */
  answer(request: StoreRequest): StoreAnswers[StoreRequest['op']] {
    return this.#answers[request.op](request as never);
  }

  readonly #answers: {
    readonly [Op in StoreRequest['op']]: (request: Extract<StoreRequest, { op: Op }>) => StoreAnswers[Op];
  } = {
    load: () => this.#load(),
    part: () => this.#part(),
    append: (request) => this.#append(request),
    fold: ({ clusters, jobs }) => this.#fold(clusters, jobs),
    folded: ({ through }) => this.#folded(through),
    setAside: ({ rows }) => this.#setAside(rows),
    history: ({ before, limit }) => newestFirst(this.#db, before, limit),
    historyOf: ({ cluster, after, limit }) => byProc(this.#db, cluster, after, limit),
    events: ({ wish }) => eventPage(this.#db, wish),
    clusterByKey: ({ key }) => this.#clusterByKey(key),
    pruneHistory: ({ limits }) => pruneHistory(this.#db, limits),
    pruneClusters: ({ queuedBefore, after }) => pruneClusters(this.#db, queuedBefore, after),
    pruneEvents: ({ toldBefore, after }) => pruneEvents(this.#db, toldBefore, after),
    references: ({ after }) => references(this.#db, after),
    close: () => {
      this.#db.close();
      return null;
    },
  };

  #load(): StoreAnswers['load'] {
    const [clusters] = this.#all<{ last: number | null }>('SELECT max(cluster) AS last FROM clusters');
    const [journal] = this.#all<{ last: number | null }>('SELECT max(seq) AS last FROM journal');
    const seq = Math.max(journal?.last ?? 0, Number(this.#known('folded') ?? 0));
    const lastCluster = Math.max(clusters?.last ?? 0, Number(this.#known('lastCluster') ?? 0));
    return { ...this.#ownLife(seq), lastCluster };
  }

  /**
   * A database that is older than its mark was restored from a backup: pilots may be running jobs that it does not know, or
   * that it considers idle. It gets a new generation and, in the same transaction, a record that fences all its jobs.
   */
  #ownLife(last: number): Pick<StoreAnswers['load'], 'generation' | 'lastSeq' | 'restored'> {
    let seq = last;
    let generation = this.#meta('generation', randomUUID());
    // Databases of older versions have no mark yet.
    const life = Number(this.#meta('life', '0'));
    const restored = life > 0 && this.#mark.isOlder({ generation, life, seq });
    if (restored) {
      seq += 1;
      generation = randomUUID();
      this.#transaction(() => {
        this.#setMeta('generation', generation);
        const record = JSON.stringify({ type: 'restored', at: Date.now(), seq });
        this.#prepared('INSERT INTO journal (seq, record) VALUES (?, ?)').run(seq, record);
      });
    }
    this.#generation = generation;
    this.#life = life;
    this.#countLife();
    this.#mark.write({ generation, life: this.#life, seq });
    return { generation, lastSeq: seq, restored };
  }

  /** Best effort on a full disk, like the mark: if one start is not counted, an old copy is a little harder to detect. */
  #countLife(): void {
    try {
      this.#setMeta('life', String(this.#life + 1));
      this.#life += 1;
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  #setMeta(name: string, value: string): void {
    this.#prepared('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)').run(name, value);
  }

  #part(): StoredPart | null {
    this.#parts ??= this.#read();
    const { done, value } = this.#parts.next();
    if (done !== true) return value;
    this.#parts = undefined;
    return null;
  }

  *#read(): Generator<StoredPart, void> {
    for (const kind of Object.keys(stored) as (keyof typeof stored)[]) {
      for (const rows of this.#inParts(stored[kind]))
        yield { clusters: [], jobs: [], ended: [], journal: [], [kind]: rows };
    }
  }

  *#inParts(sql: string): Generator<unknown[], void> {
    let rows: unknown[] = [];
    let characters = 0;
    for (const row of this.#db.prepare(sql).iterate()) {
      rows.push(row);
      characters += typeof row['record'] === 'string' ? row['record'].length : 0;
      if (rows.length < mostRows && characters < mostCharacters) continue;
      yield rows;
      rows = [];
      characters = 0;
    }
    if (rows.length > 0) yield rows;
  }

  /** Keeps the last cluster number outside of the record too: a record that becomes unreadable cannot tell it any more. */
  #append({ first, records, events, lastCluster }: Extract<StoreRequest, { op: 'append' }>): null {
    return this.#transaction(() => {
      if (lastCluster !== undefined) this.#setMeta('lastCluster', String(lastCluster));
      const insert = this.#prepared('INSERT INTO journal (seq, record) VALUES (?, ?)');
      for (const [index, record] of records.entries()) insert.run(first + index, record);
      this.#tell(events);
    });
  }

  #tell(events: readonly EventRow[]): void {
    const insert = this.#prepared(
      'INSERT INTO events (seq, cluster, proc, owner, at, detail) VALUES (?, ?, ?, ?, ?, ?)',
    );
    for (const { seq, cluster, proc, owner, at, detail } of events)
      insert.run(seq, cluster, proc, owner, at, detail);
  }

  /** Stores rows that have changed. Each row says which journal records it includes, so they may come in several calls. */
  #fold(clusters: readonly ClusterRow[], jobs: readonly JobRow[]): null {
    return this.#transaction(() => {
      const putCluster = this.#prepared(
        'INSERT OR REPLACE INTO clusters (cluster, key, owner, record) VALUES (?, ?, ?, ?)',
      );
      for (const row of clusters) putCluster.run(row.cluster, row.key, row.owner, row.record);
      const putJob = this.#prepared('INSERT OR REPLACE INTO jobs (cluster, proc, record) VALUES (?, ?, ?)');
      const dropJob = this.#prepared('DELETE FROM jobs WHERE cluster = ? AND proc = ?');
      const putHistory = this.#prepared(
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
    });
  }

  /** Deletes the journal through this record, because the rows include it. Its number is never used again. */
  #folded(through: number): null {
    this.#transaction(() => {
      this.#prepared('DELETE FROM journal WHERE seq <= ?').run(through);
      this.#setMeta('folded', String(through));
    });
    this.#mark.write({ generation: this.#generation, life: this.#life, seq: through });
    return null;
  }

  /** Skips what an earlier start has already set aside. */
  #setAside(rows: readonly AsideRow[]): null {
    return this.#transaction(() => {
      const insert = this.#prepared(
        `INSERT INTO aside (source, name, reason, record) SELECT ?, ?, ?, ?
         WHERE NOT EXISTS (SELECT 1 FROM aside WHERE source = ? AND name = ? AND record = ?)`,
      );
      for (const { source, name, reason, record } of rows)
        insert.run(source, name, reason, record, source, name, record);
    });
  }

  #clusterByKey(key: string): ClusterRow | null {
    return this.#all<ClusterRow>('SELECT * FROM clusters WHERE key = ?', key)[0] ?? null;
  }

  /** Writes nothing if there is a value: a pool must also open on a full disk. */
  #meta(name: string, initial: string): string {
    const known = this.#known(name);
    if (known !== undefined) return known;
    this.#prepared('INSERT INTO meta (name, value) VALUES (?, ?)').run(name, initial);
    return initial;
  }

  #known(name: string): string | undefined {
    return this.#all<{ value: string }>('SELECT value FROM meta WHERE name = ?', name)[0]?.value;
  }

  #all<Row>(sql: string, ...values: (string | number)[]): Row[] {
    return this.#prepared(sql).all(...values) as Row[];
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
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
