import type { ConcurrencyLimit } from '#spec/concurrency-limits.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';

/** HTCondor's CONCURRENCY_LIMIT_DEFAULT: the amount of a limit that nobody has set. */
const unlimited = 2_308_032;

/** The rounding error that sums of fractions may have. */
const tolerance = 1e-9;

/** The concurrency limits of the pool: how much there is of each, and how much is left. */
export class ConcurrencyLimits {
  readonly #taken: { of(name: string): number };
  #limits: ReadonlyMap<string, number> = new Map();

  /** @param taken tells how much of a limit all claims take */
  constructor(taken: { of(name: string): number }) {
    this.#taken = taken;
  }

  /** Replaces the limits; running jobs go on. */
  set(limits: readonly ConcurrencyLimit[]): void {
    this.#limits = new Map(limits.map(({ name, limit }) => [name, limit]));
  }

  /** How much there is of a limit: the entry for its name, else for its group (`db.*`), else for all (`*`). */
  of(name: string): number {
    const [group, ...rest] = name.split('.');
    const ofGroup = rest.length === 0 ? undefined : this.#limits.get(`${group}.*`);
    return this.#limits.get(name) ?? ofGroup ?? this.#limits.get('*') ?? unlimited;
  }

  taken(name: string): number {
    return this.#taken.of(name);
  }

  hasRoom({ name, amount }: Limit): boolean {
    return this.#taken.of(name) + amount <= this.of(name) + tolerance;
  }

  /** The first of these limits that does not allow one more job. */
  lacking(limits: readonly Limit[]): Limit | undefined {
    return limits.length === 0 ? undefined : limits.find((limit) => !this.hasRoom(limit));
  }

  /**
   * Divides what is left among several groups of jobs, one after the other.
   * @returns a function that says how many of `jobs` jobs with these limits may run in addition to those of earlier calls. Of
   * these only as many count for later calls as `within` lets through.
   */
  dealer(): (limits: readonly Limit[], jobs: number, within?: (jobs: number) => number) => number {
    const dealt = new Map<string, number>();
    const left = (name: string) => this.of(name) - this.#taken.of(name) - (dealt.get(name) ?? 0);
    return (limits, jobs, within = (most) => most) => {
      const most = limits.map(({ name, amount }) => Math.floor(left(name) / amount + tolerance));
      const count = within(Math.max(0, Math.min(jobs, ...most)));
      // An amount may be infinite, and 0 times infinity is NaN.
      if (count === 0) return 0;
      for (const { name, amount } of limits) dealt.set(name, (dealt.get(name) ?? 0) + count * amount);
      return count;
    };
  }
}
