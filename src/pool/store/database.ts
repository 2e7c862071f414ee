import { accountRows, storeAccounts } from './accounts.ts';
import { append } from './append.ts';
import { setAside } from './aside.ts';
import { pruneAudit } from './audit.ts';
import { auditPage } from './audit-pages.ts';
import { copyDatabase } from './backup.ts';
import type { Connection } from './connection.ts';
import { asDamage } from './damage.ts';
import { eventPage } from './event-pages.ts';
import { endFold, fold } from './fold.ts';
import { byProc, newestFirst } from './history-pages.ts';
import type { ClusterKeys, HistorySlice } from './history-rows.ts';
import type { HistorySearches } from './history-search.ts';
import { Life } from './life.ts';
import { storedParts } from './load.ts';
import { type Opening, openDatabase } from './opening.ts';
import { historyAhead, pruneClusters, pruneEvents, pruneHistory, shrink } from './prune.ts';
import { references } from './references.ts';
import type { ClusterRow, StoredPart } from './snapshot-rows.ts';
import type { StoreAnswers, StoreRequest } from './store-messages.ts';

/** An operation that takes long promises its answer. */
type Answer<Op extends StoreRequest['op']> = StoreAnswers[Op] | Promise<StoreAnswers[Op]>;

/** The most keys of clusters on a page: writes wait while it is read. */
const mostKeys = 1000;

/** SQLite as the store's thread uses it: one function per operation, one transaction per function. */
export class Database {
  readonly #connection: Connection;
  readonly #file: string;
  readonly #life: Life;
  #searches: HistorySearches | undefined;
  #parts: Generator<StoredPart, void> | undefined;

  private constructor(connection: Connection, file: string) {
    this.#connection = connection;
    this.#file = file;
    this.#life = new Life(connection, file);
  }

  /** @throws GlideinError StoreFailed if there is no whole database of a pool; whatever else SQLite throws */
  static open(opening: Opening): Database {
    return namingDamage(opening.file, () => new Database(openDatabase(opening), opening.file));
  }

  /** The answer to `request`. @throws whatever SQLite throws; the caller must then consider the store broken. */
  answer(request: StoreRequest): Answer<StoreRequest['op']> {
    const answer = namingDamage(this.#file, () => this.#answers[request.op](request as never));
    if (!(answer instanceof Promise)) return answer;
    return answer.catch((error: unknown) => {
      throw asDamage(error, this.#file) ?? error;
    }) as typeof answer;
  }

  readonly #answers: {
    readonly [Op in StoreRequest['op']]: (request: Extract<StoreRequest, { op: Op }>) => Answer<Op>;
  } = {
    load: () => this.#life.begin(),
    part: () => this.#part(),
    append: (request) => {
      append(this.#connection, request);
      this.#life.passed(request.first + request.records.length - 1);
      return null;
    },
    fold: (request) => fold(this.#connection, request),
    folded: ({ through }) => this.#folded(through),
    storeAccounts: (request) => storeAccounts(this.#connection, request),
    accounts: () => accountRows(this.#connection),
    setAside: ({ rows }) => setAside(this.#connection, rows),
    history: ({ before, limit, search }) =>
      search === undefined
        ? newestFirst(this.#connection, before, limit)
        : this.#search(before, limit, search),
    historyOf: ({ cluster, after, limit }) => byProc(this.#connection, cluster, after, limit),
    events: ({ wish }) => eventPage(this.#connection.db, wish),
    audit: ({ wish, before }) => auditPage(this.#connection.db, wish, before),
    pruneAudit: ({ stale }) => pruneAudit(this.#connection, stale),
    clusterKeys: ({ after }) => this.#clusterKeys(after),
    clustersByKey: ({ keys }) => keys.map((key) => this.#clusterByKey(key)),
    historyAhead: ({ before, rows }) => historyAhead(this.#connection.db, before, rows),
    pruneHistory: ({ end }) => pruneHistory(this.#connection.db, end),
    pruneClusters: ({ stale }) => pruneClusters(this.#connection.db, stale),
    pruneEvents: ({ stale }) => pruneEvents(this.#connection.db, stale),
    shrink: () => shrink(this.#connection.db),
    references: ({ after, removed }) => references(this.#connection.db, after, removed),
    backup: ({ path }) => copyDatabase(this.#connection, path),
    close: () => {
      this.#connection.close();
      this.#life.end();
      return null;
    },
  };

  /** Evaluating expressions is code that a starting pool need not load. */
  async #search(...[before, limit, search]: Parameters<HistorySearches['slice']>): Promise<HistorySlice> {
    const { HistorySearches } = await import('./history-search.ts');
    this.#searches ??= new HistorySearches(this.#connection);
    return this.#searches.slice(before, limit, search);
  }

  #part(): StoredPart | null {
    this.#parts ??= storedParts(this.#connection);
    const { done, value } = this.#parts.next();
    if (done !== true) return value;
    this.#parts = undefined;
    return null;
  }

  #folded(through: number): null {
    endFold(this.#connection, through);
    this.#life.reached(through);
    return null;
  }

  #clusterKeys(after: number): ClusterKeys {
    const rows = this.#connection.all<Pick<ClusterRow, 'cluster' | 'key'>>(
      'SELECT cluster, key FROM clusters WHERE cluster > ? ORDER BY cluster LIMIT ?',
      after,
      mostKeys,
    );
    const next = rows.length < mostKeys ? null : (rows.at(-1)?.cluster ?? null);
    return { keys: rows.map(({ key }) => key), next };
  }

  #clusterByKey(key: string): ClusterRow | null {
    return this.#connection.all<ClusterRow>('SELECT * FROM clusters WHERE key = ?', key)[0] ?? null;
  }
}

/** @throws GlideinError StoreFailed instead of SQLite's words for a damaged file */
function namingDamage<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asDamage(error, file) ?? error;
  }
}
