import type { AdTexts } from '#wire/ad-texts.ts';
import type { Autocluster } from '../negotiator/autocluster.ts';

/**
 * The most autoclusters in one answer, per user and in total. A user whose jobs all differ has as many autoclusters as jobs;
 * those beyond the limit are reported once the first ones have their pilots.
 */
const mostOfAnOwner = 500;
const mostInAll = 2_000;

/** The most characters in the ads of one user, however few they are: one ad may be megabytes long. */
const mostCharacters = 2 ** 21;

export interface SelectedAutocluster {
  readonly autocluster: Autocluster;
  /** How many of its jobs more pilots would help. */
  readonly count: number;
  readonly ad: AdTexts;
}

export interface Selection {
  readonly told: readonly SelectedAutocluster[];
  /** Jobs of the autoclusters looked at that limits of the pool keep waiting. */
  readonly limited: number;
}

/** How many of the waiting jobs of an autocluster the limits of the pool leave room for, beside those asked for before. */
export type Deal = (autocluster: Autocluster) => number;

/**
 * Of what waits, as much as an answer tells: of each user those of the highest priority, then the oldest. What a limit of the
 * pool holds back takes no place of others.
 */
export function selectAutoclusters(all: Iterable<Autocluster>, deal: Deal): Selection {
  const byOwner = new Map<string, Autocluster[]>();
  for (const autocluster of all) {
    if (autocluster.waiting.size === 0) continue;
    const { owner } = autocluster;
    const own = byOwner.get(owner);
    if (own === undefined) byOwner.set(owner, [autocluster]);
    else own.push(autocluster);
  }
  const most = Math.max(1, Math.min(mostOfAnOwner, Math.floor(mostInAll / byOwner.size)));
  const selections = [...byOwner.values()].map((own) =>
    asFits(own.length <= most ? own : own.sort((a, b) => b.priority - a.priority), most, deal),
  );
  return {
    told: selections.flatMap(({ told }) => told),
    limited: selections.reduce((sum, { limited }) => sum + limited, 0),
  };
}

/** The first of them at least. */
function asFits(own: readonly Autocluster[], most: number, deal: Deal): Selection {
  const told: SelectedAutocluster[] = [];
  let limited = 0;
  let characters = 0;
  for (const autocluster of own) {
    if (told.length === most) break;
    const count = deal(autocluster);
    limited += autocluster.waiting.size - count;
    if (count === 0) continue;
    const ad = autocluster.ad.toTexts();
    for (const name in ad) characters += name.length + (ad[name]?.length ?? 0);
    if (characters > mostCharacters && told.length > 0) break;
    told.push({ autocluster, count, ad });
  }
  return { told, limited };
}
