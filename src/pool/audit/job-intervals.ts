/** The most intervals that a record lists. */
const most = 50;

/** Jobs that follow each other in one cluster, the ends included; or clusters from one to another. */
interface Interval {
  first: readonly [cluster: number, proc: number | undefined];
  last: readonly [cluster: number, proc: number | undefined];
}

/** Which jobs an act has concerned, in a text of bounded length however many there are. */
export class JobIntervals {
  readonly #intervals: Interval[] = [];
  /** Whether the last interval includes others too. */
  isWider = false;

  /** @param proc undefined for a whole cluster */
  add(cluster: number, proc: number | undefined, lastProc = proc): void {
    const last = this.#intervals.at(-1);
    if (last !== undefined && follows(last.last, [cluster, proc])) last.last = [cluster, lastProc];
    else if (last === undefined || this.#intervals.length < most)
      this.#intervals.push({ first: [cluster, proc], last: [cluster, lastProc] });
    else this.#widen(last, [cluster, proc], [cluster, lastProc]);
  }

  /** Jobs that are named may come in any order. */
  #widen(interval: Interval, first: Interval['first'], last: Interval['last']): void {
    this.isWider = true;
    if (isBefore(first, interval.first)) interval.first = first;
    if (isBefore(interval.last, last)) interval.last = last;
  }

  texts(): string[] {
    return this.#intervals.map(({ first, last }) => {
      const [from, to] = [name(first), name(last)];
      return from === to ? from : `${from}-${to}`;
    });
  }
}

const name = ([cluster, proc]: Interval['first']): string =>
  proc === undefined ? `${cluster}` : `${cluster}.${proc}`;

const follows = ([cluster, proc]: Interval['last'], [nextCluster, nextProc]: Interval['first']): boolean =>
  proc !== undefined && nextProc === proc + 1 && nextCluster === cluster;

function isBefore([cluster, proc]: Interval['first'], [other, otherProc]: Interval['first']): boolean {
  if (cluster !== other) return cluster < other;
  return (proc ?? 0) < (otherProc ?? Number.POSITIVE_INFINITY);
}
