import type { Decision } from '#pressure/decision.ts';
import type { PolicyDecisions } from './decide.ts';

/** `decided` with the counts of `before` for pilots that are still superfluous: the decision was made, not counted. */
export function withStreaksOf(before: PolicyDecisions, decided: PolicyDecisions): PolicyDecisions {
  return new Map(
    [...decided].map(([pool, decision]) => {
      const old: Decision['surplusFor'] = before.get(pool)?.surplusFor ?? {};
      const uids = Object.keys(decision.surplusFor);
      return [pool, { ...decision, surplusFor: Object.fromEntries(uids.map((uid) => [uid, old[uid] ?? 0])) }];
    }),
  );
}
