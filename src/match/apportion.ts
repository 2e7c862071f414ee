/** Somebody who can take some of the jobs: a group of pilots. */
export interface Contender {
  /** Jobs that it takes in any case, for instance into pilots that are starting already. They are not among those to divide. */
  readonly least: number;
  /** How many pilots more it may get. */
  readonly room: number;
  /** How many of the jobs fit into one such pilot; at least 1. */
  readonly each: number;
  /** Those of higher rank come first. */
  readonly rank: number;
  /** How many of the jobs it had the last time, `least` included. */
  readonly had: number;
}

/** Rounding errors of fractions that should be whole numbers. */
const tolerance = 1e-9;

/**
 * Divides jobs among those who can take them: in whole pilots, by rank, and among equal ranks by how many of the jobs each
 * could take in all. What it has already counts, so whoever starts some of its part keeps the same part. Fractions of pilots
 * go to the largest remainders; to those who had them before, if possible.
 * @returns the pilots for each contender, enough for all jobs unless there is no room for them
 */
export function apportion(jobs: number, contenders: readonly Contender[]): number[] {
  const pilots = contenders.map(() => 0);
  let left = jobs;
  const indexes = Map.groupBy(contenders.keys(), (index) => (contenders[index] as Contender).rank);
  for (const rank of [...indexes.keys()].sort((a, b) => b - a)) {
    if (left <= 0) break;
    left -= divide(left, contenders, indexes.get(rank) ?? [], pilots);
  }
  return pilots;
}

/** Divides among those of one rank. @returns how many jobs their pilots take */
function divide(
  jobs: number,
  contenders: readonly Contender[],
  equals: readonly number[],
  pilots: number[],
): number {
  const level = equals.map((index) => contenders[index] as Contender);
  const parts = fairParts(jobs, level);
  let taken = 0;
  const remainders: { readonly at: number; readonly contender: Contender; readonly order: number }[] = [];
  for (const [at, contender] of level.entries()) {
    const exact = (parts[at] as number) / contender.each;
    const whole = Math.min(contender.room, Math.floor(exact + tolerance));
    pilots[equals[at] as number] = whole;
    taken += whole * contender.each;
    const hadMore = contender.had > contender.least + whole * contender.each;
    if (whole < contender.room) remainders.push({ at, contender, order: exact - whole + (hadMore ? 1 : 0) });
  }
  remainders.sort((a, b) => b.order - a.order || a.at - b.at);
  for (const { at, contender } of remainders) {
    if (taken >= jobs) break;
    pilots[equals[at] as number] = (pilots[equals[at] as number] as number) + 1;
    taken += contender.each;
  }
  return taken;
}

/** For each contender the jobs beyond `least`, not rounded, so that all have the same share of what they could take. */
function fairParts(jobs: number, contenders: readonly Contender[]): number[] {
  const could = ({ least, room, each }: Contender): number => least + room * each;
  let sharing = contenders.filter(({ room }) => room > 0);
  for (;;) {
    const all = sharing.reduce((sum, contender) => sum + could(contender), 0);
    const had = sharing.reduce((sum, { least }) => sum + least, 0);
    const share = all === 0 ? 0 : Math.min(1, (jobs + had) / all);
    // Who has more than that already gets no more, and the others share what is left.
    const still = sharing.filter((contender) => contender.least < share * could(contender));
    if (still.length === sharing.length) {
      const those = new Set(sharing);
      return contenders.map((contender) =>
        those.has(contender) ? share * could(contender) - contender.least : 0,
      );
    }
    sharing = still;
  }
}
