import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

/** A state that the database is known to have reached; it is kept in a file beside the database. */
interface Mark {
  readonly generation: string;
  /** How often the database was opened. */
  readonly life: number;
  /** A record of the journal that was durable when this was written. */
  readonly seq: number;
}

/** The mark of a database is a file beside it. */
export const markOf = (database: string): string => `${database}.mark`;

/**
 * A file beside the database by which the pool notices that an old copy of the database was put back: it names the
 * generation, and a journal record that the database must include. A restored database does not restore this file.
 */
export class MarkFile {
  readonly #path: string;
  #written = -1;
  #file: number | undefined;

  constructor(database: string) {
    this.#path = markOf(database);
  }

  /** Whether a database in the state `now` is older than the mark. If the mark is missing, it counts as older. */
  isOlder(now: Mark): boolean {
    const mark = this.#read();
    return (
      mark === undefined || mark.generation !== now.generation || mark.life > now.life || mark.seq > now.seq
    );
  }

  /** Best effort on a full disk: the old mark then detects a little less. Call this only once `seq` is durable. */
  write(mark: Mark): void {
    if (mark.seq === this.#written) return;
    const next = `${this.#path}.next`;
    try {
      const file = openSync(next, 'w', 0o600);
      try {
        writeSync(file, textOf(mark));
        fsyncSync(file);
        renameSync(next, this.#path);
      } catch (error) {
        closeSync(file);
        throw error;
      }
      this.close();
      this.#file = file;
      this.#written = mark.seq;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  /**
   * Notes that `seq` is durable without waiting for the disk: a copy that is put back before the next {@link write} is then
   * noticed too, unless the machine has lost power in between. Takes no room on the disk.
   */
  note(mark: Mark): void {
    if (this.#file !== undefined) writeSync(this.#file, textOf(mark), 0);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
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

/** As long as every other, so that one can be written over another. */
const textOf = (mark: Mark): string => `${JSON.stringify(mark).padEnd(150)}\n`;
