import { hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Cluster } from '../jobs/job.ts';
import { BloomFilter } from '../spool/bloom-filter.ts';
import type { Store } from '../store/store.ts';

/** Clusters in memory that are read before other work gets its turn. */
const slice = 1000;

/**
 * Tells that no submission had a key before, which is so for nearly every key, without asking the database: its answer would
 * have to wait for whatever is being written just then.
 */
export class KnownKeys {
  readonly #filter = new BloomFilter();
  #isComplete = false;

  /**
   * Reads all keys that a process starts with. Until this resolves, any key may be known.
   * @param queued the clusters in memory, which may have no row yet
   */
  async read(store: Pick<Store, 'clusterKeys'>, queued: Iterable<Pick<Cluster, 'key'>>): Promise<void> {
    let read = 0;
    for (const { key } of queued) {
      this.add(key);
      read += 1;
      if (read % slice === 0) await nextTurn();
    }
    for (let after: number | null = 0; after !== null; ) {
      const { keys, next }: Awaited<ReturnType<Store['clusterKeys']>> = await store.clusterKeys(after);
      for (const key of keys) this.add(key);
      after = next;
    }
    this.#isComplete = true;
  }

  add(key: string): void {
    this.#filter.add(digestOf(key));
  }

  /** False only if no submission had this key. */
  mayKnow(key: string): boolean {
    return !this.#isComplete || this.#filter.has(digestOf(key));
  }
}

const digestOf = (key: string): string => `sha256:${hash('sha256', key)}`;
