import type { ClassAd } from '#classad/class-ad.ts';

/** What a group offers: the same object for as long as neither its declaration nor its pilots' slots change. */
export interface OfferedSlots {
  /** The slot ad that a fresh pilot would register. */
  readonly template: ClassAd;
  /** The whole slots that its newest pilots did register. */
  readonly came: readonly ClassAd[];
}

/** A group of a bidder, and how many pilots it could bring. */
export interface OfferedGroup {
  /** No other group of any site has the same. */
  readonly key: string;
  readonly slots: OfferedSlots;
  /** Pilots that have been started and are not registered yet. */
  readonly starting: number;
  /** How many pilots more it may get. */
  readonly headroom: number;
  /** Groups of higher rank are filled first. */
  readonly rank: number;
  /** How many of its starting and new pilots can be counted on, by what it has delivered; infinite if all. */
  readonly trusted: number;
}

/** One policy at one site, with its groups. */
export interface Bidder {
  readonly key: string;
  readonly groups: readonly OfferedGroup[];
  /**
   * Whether jobs with this ad count for it; undefined for groups of a fixed size, which are never asked for pilots.
   * @param time seconds since the epoch
   */
  readonly counts: ((ad: ClassAd, time: number) => boolean) | undefined;
}
