import type { ClassAd } from '#classad/class-ad.ts';
import { type SlotKind, SlotKinds } from '#match/slot-kinds.ts';

/** With more kinds than this, most are of jobs and slots that are no longer there, and all begin anew. */
const mostKinds = 10_000;

interface Known {
  readonly kind: SlotKind;
  readonly edition: number;
}

/** Which slots are alike for the jobs that wait, kept from one demand to the next: most jobs and slots are the same then. */
export class KnownKinds {
  #kinds = new SlotKinds();
  #learned = new WeakSet<ClassAd>();
  #known = new WeakMap<ClassAd, Known>();

  /** Takes note of all jobs and slots that there are now, before kinds are asked for. */
  look(jobs: readonly ClassAd[], slots: readonly ClassAd[]): void {
    if (this.#kinds.numbers > mostKinds) {
      this.#kinds = new SlotKinds();
      this.#learned = new WeakSet();
      this.#known = new WeakMap();
    }
    for (const job of jobs) {
      if (this.#learned.has(job)) continue;
      this.#learned.add(job);
      this.#kinds.learnJob(job);
    }
    // Each slot may add what its own expressions read.
    for (let edition = -1; edition !== this.#kinds.edition; ) {
      edition = this.#kinds.edition;
      for (const slot of slots) this.kindOf(slot);
    }
  }

  /** The same number for slots that are alike but for their free resources. */
  kindOf(slot: ClassAd): number {
    const known = this.#known.get(slot);
    if (known?.edition === this.#kinds.edition) return known.kind.number;
    const kind = known === undefined ? this.#kinds.kindOf(slot) : this.#kinds.divide(known.kind, slot);
    this.#known.set(slot, { kind, edition: this.#kinds.edition });
    return kind.number;
  }
}
