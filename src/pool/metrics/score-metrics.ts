import type { Registry } from 'prom-client';
import type { Clock } from '#base/clock.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { claimKey } from '#wire/claim.ts';
import type { Claim } from '../jobs/job.ts';
import { CoreSeconds } from './core-seconds.ts';
import { coreSecondsCounter } from './core-seconds-counter.ts';
import { Labelled } from './labelled.ts';
import { mostAccounts, type UseNames } from './use-metrics.ts';

/** What a claim adds to which sums while it lasts. */
interface Counted {
  readonly cores: number;
  readonly isScored: boolean;
  to: readonly CoreSeconds[];
}

/** A claim, and under which names it counts. */
export type NamedClaim = readonly [claim: Claim, names: UseNames];

/** Scores beyond it are no measurement: a pilot may say anything. */
const mostScore = 1_000_000;

/** Sums of multiples of it are exact, so that what claims add and take away again leaves nothing. */
const grain = 1 / 1024;

/**
 * Core-seconds weighted by what a benchmark has measured: how much work users got, on fast nodes and slow ones. A claim keeps the score that its slot had
 * when it began, or when the attribute was named. After a restart of the pool, it has none before its pilot is back.
 */
export class ScoreMetrics {
  readonly #clock: Clock;
  readonly #slotOf: (pilotUid: string) => ClassAd | undefined;
  readonly #submitters: Labelled<CoreSeconds>;
  readonly #groups: Labelled<CoreSeconds>;
  readonly #unscored: Labelled<CoreSeconds>;
  #attribute: string | undefined;
  readonly #counted = new Map<string, Counted>();
  /** Claims whose slots nobody knows yet. */
  readonly #unknown = new Map<string, { readonly claim: Claim; readonly names: UseNames }>();

  /** @param namesSubmitters whether whoever may read the metrics may know who the users are */
  constructor(
    registry: Registry,
    clock: Clock,
    slotOf: (pilotUid: string) => ClassAd | undefined,
    namesSubmitters: boolean,
  ) {
    this.#clock = clock;
    this.#slotOf = slotOf;
    const create = () => new CoreSeconds(clock.monotonic());
    this.#submitters = new Labelled(mostAccounts, create);
    this.#groups = new Labelled(mostAccounts, create);
    this.#unscored = new Labelled(mostAccounts, create);
    const register = (name: string, label: string, help: string, sums: Labelled<CoreSeconds>) =>
      coreSecondsCounter(registry, clock, {
        name: `glidein_pool_${name}_total`,
        help,
        label,
        sums: () => {
          this.#settle();
          return sums;
        },
      });
    const sum = (whose: string) =>
      `Core-seconds that claims ${whose} have taken since this process began, times the score per core of their slots; with accounting.scoreAttribute only.`;
    if (namesSubmitters)
      register('submitter_score_seconds', 'submitter', sum('of a submitter'), this.#submitters);
    register(
      'accounting_group_score_seconds',
      'accounting_group',
      sum('in an accounting group (empty: in none)'),
      this.#groups,
    );
    register(
      'unscored_core_seconds',
      'site',
      'Core-seconds of claims on slots without a score, which are in no sum of score-seconds; with accounting.scoreAttribute only.',
      this.#unscored,
    );
  }

  /**
   * Puts the accounting into force, under which some claims may be new to these metrics: those that a restart restored, and those that began
   * while no attribute was named.
   * @param attribute of slots that is their score per core; undefined: there is none
   * @param running all claims; those that have been counted keep their score
   */
  weighBy(attribute: string | undefined, running: Iterable<NamedClaim>): void {
    this.#attribute = attribute;
    if (attribute === undefined && this.#counted.size === 0) return;
    for (const [claim, names] of running) {
      const counted = this.#counted.get(claimKey(claim.ref));
      if (counted === undefined) this.begins(claim, names);
      else if (counted.isScored) this.#move(counted, this.#sumsOf(names));
    }
  }

  #move(counted: Counted, to: readonly CoreSeconds[]): void {
    const now = this.#clock.monotonic();
    for (const each of counted.to) each.shift(-counted.cores, now);
    for (const each of to) each.shift(counted.cores, now);
    counted.to = to;
  }

  #sumsOf({ submitter, group }: UseNames): readonly CoreSeconds[] {
    return [this.#submitters.of(submitter), this.#groups.of(group)];
  }

  begins(claim: Claim, names: UseNames): void {
    if (this.#attribute === undefined) return;
    const slot = this.#slotOf(claim.pilotUid);
    const key = claimKey(claim.ref);
    if (slot === undefined) this.#unknown.set(key, { claim, names });
    else this.#count(claim, scoreOf(slot, this.#attribute), names);
  }

  over(claim: Claim): void {
    if (this.#counted.size + this.#unknown.size === 0) return;
    const key = claimKey(claim.ref);
    this.#unknown.delete(key);
    const counted = this.#counted.get(key);
    if (counted === undefined) return;
    this.#counted.delete(key);
    this.#move(counted, []);
  }

  #count(claim: Claim, score: number | undefined, names: UseNames): void {
    const isScored = score !== undefined;
    const cores = Math.round((claim.takes.cpus * (score ?? 1)) / grain) * grain;
    const counted = { cores, isScored, to: [] };
    this.#counted.set(claimKey(claim.ref), counted);
    this.#move(counted, isScored ? this.#sumsOf(names) : [this.#unscored.of(claim.site ?? '')]);
  }

  /** Counts the claims whose pilots have come since. */
  #settle(): void {
    for (const [key, { claim, names }] of this.#unknown) {
      if (this.#slotOf(claim.pilotUid) === undefined) continue;
      this.#unknown.delete(key);
      this.begins(claim, names);
    }
  }
}

function scoreOf(slot: ClassAd, attribute: string): number | undefined {
  const score = slot.evaluateNumber(attribute);
  return score !== undefined && score > 0 && score <= mostScore ? score : undefined;
}
