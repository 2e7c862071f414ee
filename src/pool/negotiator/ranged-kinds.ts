import type { SlotReads } from '#match/prepared-job.ts';
import { SlotKinds } from '#match/slot-kinds.ts';
import { type Range, rangeOf } from './range.ts';

interface Known {
  readonly edition: number;
  readonly range: Range;
}

/** The kinds of the pool's slots, with what is known of expressions that read them. */
export class RangedKinds extends SlotKinds {
  readonly #ranges = new WeakMap<SlotReads, Known>();

  /** What expressions depend on that read only constants of the slots. */
  rangeOf(reads: SlotReads): Range {
    const known = this.#ranges.get(reads);
    if (known?.edition === this.edition) return known.range;
    const range = rangeOf(reads, this);
    this.#ranges.set(reads, { edition: this.edition, range });
    return range;
  }
}
