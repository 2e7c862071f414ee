import type { FreshProcs } from '../jobs/fresh-procs.ts';
import type { Interval } from '../jobs/proc-intervals.ts';
import type { FreshRuns } from './fresh-runs.ts';
import type { SortedAgain } from './sorted-again.ts';

/** The fresh procs of one cluster, as they are sorted into autoclusters. */
export interface SortedFresh {
  readonly fresh: FreshProcs;
  runs: FreshRuns;
  /** Present while all of them are sorted again. */
  again?: SortedAgain | undefined;
  /** How many of those in autoclusters were sorted one by one, because they do not match alike. */
  apart: number;
  /** Those that have yet to be sorted one by one, from the index `next` on. */
  readonly later: Interval[];
  next: number;
}

/**
 * The most autoclusters, and the most fresh procs sorted one by one, that an owner has at a time. Each takes memory that no
 * submission was asked for: a series of a billion procs with `request_memory = $(Process)` would fill that of any machine.
 */
const mostAutoclusters = 50_000;
const mostProcs = 1_000_000;

/** Fresh procs that do not match alike: they are sorted one by one, as many of an owner as the limits allow. */
export class SortedApart {
  readonly #later = new Map<string, Set<SortedFresh>>();
  readonly #autoclusters = new Map<string, number>();
  readonly #procs = new Map<string, number>();

  /** Procs that have to be sorted after those that already wait for that. */
  add(known: SortedFresh, procs: readonly Interval[]): void {
    for (const interval of procs) known.later.push(interval);
    const { owner } = known.fresh.cluster;
    const all = this.#later.get(owner) ?? new Set();
    this.#later.set(owner, all.add(known));
  }

  /** Those of this owner whose turn it is. */
  first(owner: string): SortedFresh | undefined {
    const [first] = this.#later.get(owner) ?? [];
    return first;
  }

  /** Takes the next proc to sort; undefined if there is none, or if the owner has as many as is allowed. */
  next(known: SortedFresh): number | undefined {
    const { fresh, later } = known;
    if (this.isFull(fresh.cluster.owner)) return undefined;
    for (; known.next < later.length; known.next += 1) {
      const [first, last] = later[known.next] as Interval;
      const proc = fresh.procs.next(first);
      if (proc === undefined || proc > last) continue;
      later[known.next] = [proc + 1, last];
      return proc;
    }
    later.length = 0;
    known.next = 0;
    this.#drop(known);
    return undefined;
  }

  entered(known: SortedFresh): void {
    known.apart += 1;
    add(this.#procs, known.fresh.cluster.owner, 1);
  }

  /** One proc has left its autocluster. */
  left(known: SortedFresh): void {
    if (known.apart === 0) return;
    known.apart -= 1;
    add(this.#procs, known.fresh.cluster.owner, -1);
  }

  /** All procs of the cluster have left theirs. */
  delete(known: SortedFresh): void {
    this.countNone(known);
    this.#drop(known);
  }

  /** The owner has one autocluster more, or less. */
  count(owner: string, by: 1 | -1): void {
    add(this.#autoclusters, owner, by);
  }

  /** None of them counts any more as sorted one by one. */
  countNone(known: SortedFresh): void {
    add(this.#procs, known.fresh.cluster.owner, -known.apart);
    known.apart = 0;
  }

  /** Whether an owner has as many as is allowed. */
  isFull(owner: string): boolean {
    return (
      (this.#autoclusters.get(owner) ?? 0) >= mostAutoclusters || (this.#procs.get(owner) ?? 0) >= mostProcs
    );
  }

  #drop(known: SortedFresh): void {
    const { owner } = known.fresh.cluster;
    const all = this.#later.get(owner);
    all?.delete(known);
    if (all?.size === 0) this.#later.delete(owner);
  }
}

function add(counts: Map<string, number>, owner: string, by: number): void {
  const count = (counts.get(owner) ?? 0) + by;
  if (count === 0) counts.delete(owner);
  else counts.set(owner, count);
}
