import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

/** How far a database had come at least, as a file beside it knows. */
interface Mark {
  readonly generation: string;
  /** How often the database was opened. */
  readonly life: number;
  /** A record of the journal that was durable when this was written. */
  readonly seq: number;
}

/**
 * The file beside a database that tells an old copy put back from the real one: it names the database's generation and
 * a record that it has to hold. It never goes back when the database does.
 */
export class MarkFile {
  readonly #path: string;
  #written = -1;

  constructor(database: string) {
    this.#path = `${database}.mark`;
  }

  /** Whether a database that has come as far as `now` is older than what was here. A missing mark says so as well. */
  isOlder(now: Mark): boolean {
    const mark = this.#read();
    return (
      mark === undefined || mark.generation !== now.generation || mark.life > now.life || mark.seq > now.seq
    );
  }

  /** Best effort on a full disk: the old mark then detects a little less. Call when `seq` is durable. */
  write(mark: Mark): void {
    if (mark.seq === this.#written) return;
    const next = `${this.#path}.next`;
    try {
      const file = openSync(next, 'w', 0o600);
      try {
        writeSync(file, `${JSON.stringify(mark)}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(next, this.#path);
      this.#written = mark.seq;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  #read(): Mark | undefined {
    try {
      const { generation, life, seq } = JSON.parse(readFileSync(this.#path, 'utf8')) as Partial<Mark>;
      if (typeof generation !== 'string' || typeof life !== 'number' || typeof seq !== 'number')
        return undefined;
      return { generation, life, seq };
    } catch {
      return undefined;
    }
  }
}
