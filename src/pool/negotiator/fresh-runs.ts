import type { Autocluster } from './autocluster.ts';

interface Run {
  readonly first: number;
  last: number;
  readonly autocluster: Autocluster;
}

/** In which autoclusters the fresh procs of one cluster are: runs of procs, in ascending order. Most clusters have one run. */
export class FreshRuns {
  readonly #runs: Run[] = [];
  readonly #autoclusters = new Set<Autocluster>();

  /** Every autocluster that has or had one of the procs. */
  get autoclusters(): Iterable<Autocluster> {
    return this.#autoclusters;
  }

  /** Adds a run. Most come in ascending order; later ones overtake earlier ones if sorting takes several turns. */
  add(first: number, last: number, autocluster: Autocluster): void {
    this.#autoclusters.add(autocluster);
    const at = this.#runs.findLastIndex((run) => run.first < first);
    const former = this.#runs[at];
    if (former?.autocluster === autocluster && former.last === first - 1) former.last = last;
    else this.#runs.splice(at + 1, 0, { first, last, autocluster });
  }

  /** The autocluster of a proc. */
  of(proc: number): Autocluster | undefined {
    let [low, high] = [0, this.#runs.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const run = this.#runs[middle] as Run;
      if (proc < run.first) high = middle;
      else if (proc > run.last) low = middle + 1;
      else return run.autocluster;
    }
    return undefined;
  }
}
