import type { Limit } from '#submit/attributes/concurrency-limits.ts';

interface Count {
  amount: number;
  holders: number;
}

/** How much of each concurrency limit is taken. */
export class LimitCounts {
  readonly #byName = new Map<string, Count>();

  of(name: string): number {
    return this.#byName.get(name)?.amount ?? 0;
  }

  take(limits: readonly Limit[] = []): void {
    for (const { name, amount } of limits) {
      const count = this.#byName.get(name) ?? { amount: 0, holders: 0 };
      this.#byName.set(name, { amount: count.amount + amount, holders: count.holders + 1 });
    }
  }

  /** When its last holder gives it back, the amount is exactly 0 again, whatever rounding has added up to. */
  giveBack(limits: readonly Limit[] = []): void {
    for (const { name, amount } of limits) {
      const count = this.#byName.get(name);
      if (count === undefined || count.holders <= 1) this.#byName.delete(name);
      else this.#byName.set(name, { amount: count.amount - amount, holders: count.holders - 1 });
    }
  }
}
