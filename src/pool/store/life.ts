import { randomUUID } from 'node:crypto';
import { forgetCopy, isCopy } from './backup.ts';
import type { Connection } from './connection.ts';
import { isFull } from './full-disk.ts';
import { MarkFile } from './mark.ts';
import type { StoreAnswers } from './store-messages.ts';

/** One opening of the database: the generation in which it takes place, and its mark beside the file. */
export class Life {
  readonly #connection: Connection;
  readonly #mark: MarkFile;
  #generation = '';
  #life = 0;

  constructor(connection: Connection, file: string) {
    this.#connection = connection;
    this.#mark = new MarkFile(file);
  }

  /** Begins this life of the database, and tells where its journal and its cluster numbers go on. */
  begin(): StoreAnswers['load'] {
    const [clusters] = this.#connection.all<{ last: number | null }>(
      'SELECT max(cluster) AS last FROM clusters',
    );
    const [journal] = this.#connection.all<{ last: number | null }>('SELECT max(seq) AS last FROM journal');
    const seq = Math.max(journal?.last ?? 0, Number(this.#connection.known('folded') ?? 0));
    const lastCluster = Math.max(clusters?.last ?? 0, Number(this.#connection.known('lastCluster') ?? 0));
    const [audit] = this.#connection.all<{ last: number | null }>('SELECT max(seq) AS last FROM audit');
    return { ...this.#own(seq), lastCluster, lastAudit: audit?.last ?? 0 };
  }

  /**
   * A database that is a copy, or older than its mark, was restored from a backup: pilots may be running jobs that it does not
   * know, or that it considers idle. It gets a new generation and, in the same transaction, a record that fences all its jobs.
   */
  #own(last: number): Pick<StoreAnswers['load'], 'generation' | 'lastSeq' | 'restored'> {
    let seq = last;
    let generation = this.#connection.knownOr('generation', randomUUID());
    // Databases of older versions have no mark yet.
    const life = Number(this.#connection.knownOr('life', '0'));
    const isOlder = life > 0 && this.#mark.isOlder({ generation, life, seq });
    const restored = isOlder || isCopy(this.#connection);
    if (restored) {
      seq += 1;
      generation = randomUUID();
      this.#connection.transaction(() => {
        forgetCopy(this.#connection);
        this.#connection.set('generation', generation);
        const record = JSON.stringify({ type: 'restored', at: Date.now(), seq });
        this.#connection.prepared('INSERT INTO journal (seq, record) VALUES (?, ?)').run(seq, record);
      });
    }
    this.#generation = generation;
    this.#life = life;
    this.#count();
    this.reached(seq);
    return { generation, lastSeq: seq, restored };
  }

  /** Best effort on a full disk, like the mark: if one start is not counted, an old copy is a little harder to detect. */
  #count(): void {
    try {
      this.#connection.set('life', String(this.#life + 1));
      this.#life += 1;
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  /** Marks that the journal through this record is durable. */
  reached(seq: number): void {
    this.#mark.write({ generation: this.#generation, life: this.#life, seq });
  }

  /** The same without waiting for the disk. */
  passed(seq: number): void {
    this.#mark.note({ generation: this.#generation, life: this.#life, seq });
  }

  end(): void {
    this.#mark.close();
  }
}
