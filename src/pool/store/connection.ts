import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** An open SQLite file with its prepared statements, its transactions and the single values of the table `meta`. */
export class Connection {
  readonly db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string) {
    this.db = new DatabaseSync(file);
  }

  all<Row>(sql: string, ...values: (string | number)[]): Row[] {
    return this.prepared(sql).all(...values) as Row[];
  }

  /** The statement, which is prepared once. */
  prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Everything that `work` writes is stored, or nothing of it. */
  transaction(work: () => void): null {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.db.exec('COMMIT');
      return null;
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  /** A single value of the table `meta`. */
  known(name: string): string | undefined {
    return this.all<{ value: string }>('SELECT value FROM meta WHERE name = ?', name)[0]?.value;
  }

  set(name: string, value: string): void {
    this.prepared('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)').run(name, value);
  }

  /** The single value, or `initial` if there is none yet. Writes nothing if there is one: a pool must also open on a full disk. */
  knownOr(name: string, initial: string): string {
    const known = this.known(name);
    if (known !== undefined) return known;
    this.set(name, initial);
    return initial;
  }

  close(): void {
    this.db.close();
  }
}
