import type { Autocluster } from './autocluster.ts';
import type { FreeSlots } from './free-slots.ts';
import type { Look } from './look.ts';

/** The most looks that are kept; each may hold a candidate for every bucket. */
const mostKept = 64;

interface Kept {
  readonly look: Look;
  /** What these were when the look was kept: it is void if they have changed. */
  readonly lookedThrough: number;
  readonly generation: number;
  readonly edition: number;
}

/**
 * The looks of autoclusters whose turn, or whose pass, was over before they had enough: in the next they go on with what has
 * changed since, and need not look at all slots again.
 */
export class KeptLooks {
  readonly #kept = new Map<Autocluster, Kept>();

  has(autocluster: Autocluster): boolean {
    return this.#kept.has(autocluster);
  }

  /** Takes back the look of an autocluster; undefined if it has none, or a void one. */
  take(autocluster: Autocluster, { generation, edition }: FreeSlots): Look | undefined {
    const kept = this.#kept.get(autocluster);
    if (kept === undefined) return undefined;
    this.#kept.delete(autocluster);
    const isValid =
      kept.lookedThrough === autocluster.lookedThrough &&
      kept.generation === generation &&
      kept.edition === edition;
    return isValid ? kept.look : undefined;
  }

  /** Keeps a look for the next turn. One that has read the time would not stay right. */
  keep(autocluster: Autocluster, look: Look, { generation, edition }: FreeSlots): void {
    if (autocluster.readsClock || look.readsClock || autocluster.waiting.size === 0) return;
    const { lookedThrough } = autocluster;
    this.#kept.set(autocluster, { look, lookedThrough, generation, edition });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
  }
}
