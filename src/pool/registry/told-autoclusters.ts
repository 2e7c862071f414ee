import type { AdTexts } from '#wire/ad-texts.ts';
import type { Autocluster } from '../negotiator/autocluster.ts';

/**
 * Autoclusters that one answer tells, of one user and in all. Somebody whose jobs all differ has as many as jobs; what waits
 * beyond these is told when they have got their pilots.
 */
const mostOfAnOwner = 500;
const mostInAll = 2_000;

/** Characters of the ads of one user, however few they are: one ad may have megabytes. */
const mostCharacters = 2 ** 21;

export interface Told {
  readonly autocluster: Autocluster;
  readonly ad: AdTexts;
}

/** Of what waits, as much as an answer tells: of each user those of the highest priority, then the oldest. */
export function toldAutoclusters(all: Iterable<Autocluster>): Told[] {
  const byOwner = new Map<string, Autocluster[]>();
  for (const autocluster of all) {
    if (autocluster.waiting.size === 0) continue;
    const { owner } = autocluster;
    const own = byOwner.get(owner);
    if (own === undefined) byOwner.set(owner, [autocluster]);
    else own.push(autocluster);
  }
  const most = Math.max(1, Math.min(mostOfAnOwner, Math.floor(mostInAll / byOwner.size)));
  return [...byOwner.values()].flatMap((own) =>
    asFits(own.length <= most ? own : own.sort((a, b) => b.priority - a.priority).slice(0, most)),
  );
}

/** The first of them at least. */
function asFits(own: readonly Autocluster[]): Told[] {
  const told: Told[] = [];
  let characters = 0;
  for (const autocluster of own) {
    const ad = autocluster.ad.toTexts();
    for (const name in ad) characters += name.length + (ad[name]?.length ?? 0);
    if (characters > mostCharacters && told.length > 0) break;
    told.push({ autocluster, ad });
  }
  return told;
}
