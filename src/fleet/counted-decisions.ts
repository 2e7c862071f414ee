import type { Decision } from '#pressure/decision.ts';

/** Decisions by name (of a pool or a policy): the last that counted towards removal. */
export interface CountedDecisions {
  readonly decisions: ReadonlyMap<string, Decision>;
  /** When the last decision that counts was made, monotonic milliseconds. */
  readonly countedAt: number;
}

/**
 * Removal counts decisions in a row that find a pilot superfluous. Every change causes a new decision, so only the first
 * within an interval counts.
 * @param interval milliseconds
 */
export function countDecisions(
  before: CountedDecisions | undefined,
  decided: ReadonlyMap<string, Decision>,
  now: number,
  interval: number,
): CountedDecisions {
  if (before === undefined || now - before.countedAt >= interval * 0.9) {
    return { decisions: decided, countedAt: now };
  }
  return { decisions: withCountsOf(before.decisions, decided), countedAt: before.countedAt };
}

/** `decided` with the counts of `before` for pilots that are still superfluous: the decision was made but does not count. */
function withCountsOf(
  before: ReadonlyMap<string, Decision>,
  decided: ReadonlyMap<string, Decision>,
): ReadonlyMap<string, Decision> {
  return new Map(
    [...decided].map(([name, decision]) => {
      const old: Decision['surplusFor'] = before.get(name)?.surplusFor ?? {};
      const uids = Object.keys(decision.surplusFor);
      return [name, { ...decision, surplusFor: Object.fromEntries(uids.map((uid) => [uid, old[uid] ?? 0])) }];
    }),
  );
}
