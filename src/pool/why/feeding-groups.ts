import { ClassAd } from '#classad/class-ad.ts';
import { readInto } from '#wire/ad-texts.ts';
import type { GroupBid } from '#wire/bid.ts';
import type { ParsedTexts } from '../jobs/parsed-texts.ts';
import type { Bidders } from '../registry/bidders.ts';

/** A group that feeds this pool with pilots, as its site last described it. */
export interface FeedingGroup {
  readonly site: string;
  readonly bid: GroupBid;
  /** The ad of the slot that a fresh pilot would offer. */
  readonly template: ClassAd;
  /** Why nothing is known of its slots: its specification is invalid, or its template cannot be read. */
  readonly fault: string | undefined;
  readonly heardSecondsAgo: number;
}

/**
 * The groups of all sites that have been heard lately.
 * @param texts a cache, since the templates of many groups consist of the same texts, and sites repeat them with every bid
 */
export const feedingGroups = (
  bidders: Pick<Bidders, 'current'>,
  texts: ParsedTexts,
): readonly FeedingGroup[] =>
  bidders.current().flatMap(({ site, bid, heardSecondsAgo }) =>
    bid.groups.map((group): FeedingGroup => {
      const template = new ClassAd();
      const unreadable = readInto(template, group.template, texts.parse);
      const isEmpty = Object.keys(group.template).length === 0;
      const fault = isEmpty ? (group.blocked ?? 'its site does not say what its pilots offer') : unreadable;
      return { site, bid: group, template, fault, heardSecondsAgo };
    }),
  );
