import type { Clock, Timer } from '#base/clock.ts';
import { isCode } from '#base/error.ts';
import type { AccountRow } from '../store/snapshot-rows.ts';
import type { Audited, Store } from '../store/store.ts';
import type { AccountState } from './account.ts';
import type { Accountant } from './accountant.ts';

/** Milliseconds between two writes: the longest time for which a crash makes the pool guess what was in use. */
const interval = 60_000;

/** Rows that are stored before other writes get their turn. */
const slice = 1000;

interface AccountBookOptions {
  readonly accountant: Accountant;
  readonly store: Pick<Store, 'accounts' | 'storeAccounts'>;
  readonly clock: Clock;
  /** Runs work that nobody awaits; a failure is logged. */
  readonly inBackground: (work: Promise<unknown>) => void;
}

/**
 * Keeps what submitters have used on the disk: once a minute, at the end, and at once when an admin changes something.
 *
 * **Gotchas.** After a crash, the time since the last write is charged as if what was in use after the restart had been in use
 * all along. So no more than a minute of changes is wrong, and nobody's claims are lost, since those are in the journal.
 */
export class AccountBook {
  readonly #options: AccountBookOptions;
  #timer: Timer | undefined;
  /** Ends with the last write. */
  #writing: Promise<unknown> = Promise.resolve();
  /** Whose wishes are not stored yet. */
  #acts: Audited[] = [];

  constructor(options: AccountBookOptions) {
    this.#options = options;
  }

  /** Continues from what is stored. Call it when all claims are restored. */
  async open(): Promise<void> {
    const { accountant, store, clock } = this.#options;
    const rows = await store.accounts();
    accountant.restore(
      rows.filter(isSound).map((row) => stateOf(row, clock)),
      clock.monotonic(),
    );
    this.#writeLater();
  }

  /**
   * Stores what has changed, after earlier calls: their slices, some still to be written, must not replace what is newer.
   * @param act what an administrator has changed; it is stored with the change
   * @throws GlideinError NoSpace if the disk is full; the next call tries again
   */
  write(act?: Audited): Promise<void> {
    if (act !== undefined) this.#acts.push(act);
    const written = this.#writing.then(() => this.#write());
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #write(): Promise<void> {
    const { accountant, store, clock } = this.#options;
    const { changed, forgotten } = accountant.takeChanged(clock.monotonic());
    const rows = changed.map((state) => rowOf(state, clock));
    const acts = this.#acts;
    this.#acts = [];
    try {
      for (let from = 0; from < Math.max(rows.length, forgotten.length, acts.length); from += slice)
        await store.storeAccounts(
          rows.slice(from, from + slice),
          forgotten.slice(from, from + slice),
          from === 0 ? acts : [],
        );
    } catch (error) {
      this.#acts.unshift(...acts);
      accountant.putBack([...changed.map(({ name }) => name), ...forgotten]);
      throw error;
    }
  }

  /** Stores what has changed, and stops. A store that has failed, or a full disk, keeps what it has. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.write().catch(() => undefined);
  }

  #writeLater(): void {
    const { clock, inBackground } = this.#options;
    this.#timer = clock.after(interval, () => {
      this.#writeLater();
      // On a full disk there is nothing to report: the next turn tries again.
      inBackground(
        this.write().catch((error: unknown) => {
          if (!isCode(error, 'NoSpace')) throw error;
        }),
      );
    });
  }
}

const isSound = ({ priority, at, used }: AccountRow): boolean =>
  [priority, at, used].every((value) => Number.isFinite(value) && value >= 0);

/** A clock that was set back since has counted no time at all. */
function stateOf(row: AccountRow, clock: Clock): AccountState {
  const [wall, monotonic] = [clock.wall(), clock.monotonic()];
  const moment = (at: number | null): number | undefined =>
    at === null ? undefined : monotonic - Math.max(0, wall - at);
  return {
    name: row.name,
    priority: row.priority,
    at: moment(row.at) ?? monotonic,
    used: row.used,
    began: moment(row.began),
    lastUsed: moment(row.lastUsed),
    factor: row.factor ?? undefined,
  };
}

function rowOf(state: AccountState, clock: Clock): AccountRow {
  const passed = clock.wall() - clock.monotonic();
  const moment = (at: number | undefined): number | null => (at === undefined ? null : at + passed);
  return {
    name: state.name,
    priority: state.priority,
    at: state.at + passed,
    used: state.used,
    began: moment(state.began),
    lastUsed: moment(state.lastUsed),
    factor: state.factor ?? null,
  };
}
