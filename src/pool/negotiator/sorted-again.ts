import { type Interval, ProcIntervals } from '../jobs/proc-intervals.ts';
import type { Autocluster } from './autocluster.ts';
import { FreshRuns } from './fresh-runs.ts';

/**
 * Fresh procs of one cluster that are being sorted again, one by one. Until all are, they stay in the autoclusters where they
 * were, so that none of them is missing from the demand.
 */
export class SortedAgain {
  readonly runs = new FreshRuns();
  /** Whether they had been sorted one by one before. */
  readonly wereApart: boolean;
  readonly #procs = new Map<Autocluster, ProcIntervals>();

  constructor(wereApart: boolean) {
    this.wereApart = wereApart;
  }

  has(proc: number): boolean {
    const autocluster = this.runs.of(proc);
    return autocluster !== undefined && this.#procs.get(autocluster)?.has(proc) === true;
  }

  add([first, last]: Interval, autocluster: Autocluster): void {
    this.runs.add(first, last, autocluster);
    const procs = this.#procs.get(autocluster) ?? new ProcIntervals();
    this.#procs.set(autocluster, procs);
    procs.add(first, last);
  }

  /** Whether procs are to come to an autocluster, which may be empty until then. */
  awaits(autocluster: Autocluster): boolean {
    return this.#procs.has(autocluster);
  }

  /** A proc is no longer fresh. */
  delete(proc: number): void {
    const autocluster = this.runs.of(proc);
    if (autocluster !== undefined) this.#procs.get(autocluster)?.delete(proc);
  }

  /** The autoclusters, and which of the procs each gets. */
  *sorted(): Iterable<readonly [Autocluster, ProcIntervals]> {
    for (const each of this.#procs) if (each[1].size > 0) yield each;
  }
}
