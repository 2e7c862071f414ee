import type { Registry } from 'prom-client';
import type { Clock } from '#base/clock.ts';
import type { Accountant } from '../accounting/accountant.ts';
import { displayName } from '../accounting/submitter-name.ts';
import { CoreSeconds } from './core-seconds.ts';
import { coreSecondsCounter } from './core-seconds-counter.ts';
import { Labelled } from './labelled.ts';

/** The most accounts with series of their own (pool and operator together shall have at most 5,000); accounts are of authenticated users in groups that exist. */
export const mostAccounts = 100;

type Accounts = Pick<Accountant, 'accountOf' | 'groupOf'>;

/** By which names the series of a submitter's use are labelled. */
export interface UseNames {
  readonly submitter: string;
  /** Empty: in no accounting group. */
  readonly group: string;
}

interface Charged {
  readonly names: UseNames;
  readonly to: readonly CoreSeconds[];
  cores: number;
}

/** Metrics of who uses the pool: core-seconds by accounting group and submitter, since this process began. */
export class UseMetrics {
  readonly #clock: Clock;
  readonly #accounts: Accounts;
  readonly #submitters: Labelled<CoreSeconds>;
  readonly #groups: Labelled<CoreSeconds>;
  /** What names are charged to that use something now. */
  readonly #charged = new Map<string, Charged>();

  /** @param namesSubmitters whether whoever may read the metrics may know who the users are */
  constructor(registry: Registry, clock: Clock, accounts: Accounts, namesSubmitters: boolean) {
    this.#clock = clock;
    this.#accounts = accounts;
    const create = () => new CoreSeconds(clock.monotonic());
    this.#submitters = new Labelled(mostAccounts, create);
    this.#groups = new Labelled(mostAccounts, create);
    if (namesSubmitters)
      coreSecondsCounter(registry, clock, {
        name: 'glidein_pool_submitter_core_seconds_total',
        help: 'Core-seconds that claims of a submitter have taken since this process began.',
        label: 'submitter',
        sums: () => this.#submitters,
      });
    coreSecondsCounter(registry, clock, {
      name: 'glidein_pool_accounting_group_core_seconds_total',
      help: 'Core-seconds that claims in an accounting group have taken since this process began; empty: in none.',
      label: 'accounting_group',
      sums: () => this.#groups,
    });
  }

  /** A claim of this submitter has begun; or is over, if `cores` is negative. */
  charge(submitter: string, cores: number): void {
    const now = this.#clock.monotonic();
    const known = this.#charged.get(submitter) ?? this.#unused(submitter);
    known.cores += cores;
    if (known.cores > 0) this.#charged.set(submitter, known);
    else this.#charged.delete(submitter);
    for (const each of known.to) each.shift(cores, now);
  }

  /** Groups have changed: what is in use counts for those that exist now, as for shares. Restored claims began before any existed. */
  regroup(): void {
    const now = this.#clock.monotonic();
    const before = [...this.#charged];
    this.#charged.clear();
    for (const [submitter, { to, cores }] of before) {
      for (const each of to) each.shift(-cores, now);
      this.charge(submitter, cores);
    }
  }

  /** Of a submitter that has claims: what it is charged to. */
  namesOf(submitter: string): UseNames {
    return (
      this.#charged.get(submitter)?.names ?? {
        submitter: displayName(this.#accounts.accountOf(submitter)),
        group: this.#accounts.groupOf(submitter)?.name ?? '',
      }
    );
  }

  #unused(submitter: string): Charged {
    const names = this.namesOf(submitter);
    return { names, to: [this.#submitters.of(names.submitter), this.#groups.of(names.group)], cores: 0 };
  }
}
