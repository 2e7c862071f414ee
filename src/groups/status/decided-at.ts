/** A sentence in a status, and since when it has been there. */
interface Said {
  readonly decision?: string | undefined;
  readonly decidedAt?: string | undefined;
}

/** How often, at most, a sentence is rewritten of which only durations have changed; milliseconds. */
const refresh = 60_000;

/** The sentence for a status. Durations change all the time: that alone is no reason to write. */
export function decidedAt(
  decision: string,
  before: Said,
  now: string,
): { readonly decision: string; readonly decidedAt: string } {
  const { decision: old, decidedAt: since } = before;
  if (old === undefined || since === undefined) return { decision, decidedAt: now };
  const isYoung = Date.parse(now) - Date.parse(since) < refresh;
  const isSame = old === decision || (isYoung && withoutDurations(old) === withoutDurations(decision));
  return isSame ? { decision: old, decidedAt: since } : { decision, decidedAt: now };
}

const withoutDurations = (text: string): string => text.replace(/\b(\d+(\.\d+)?(ms|s|m|h|d))+\b/g, '…');
