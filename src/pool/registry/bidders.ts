import type { Clock } from '#base/clock.ts';
import type { AnnouncedPilot, Announcement, Bid } from '#wire/bid.ts';
import { type Announced, Announcements } from './announcements.ts';

/** How long a bid counts after it was made, in milliseconds. */
const bidLease = 60_000;

interface Bidder {
  readonly site: string;
  readonly bid: Bid;
  /** Monotonic milliseconds. */
  readonly heardAt: number;
}

/** The sites that feed this pool with pilots, and what each said last. */
export class Bidders {
  readonly #clock: Clock;
  readonly #bySite = new Map<string, Bidder>();
  readonly #announcements: Announcements;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#announcements = new Announcements(clock, bidLease);
  }

  put(site: string, bid: Bid): void {
    this.#bySite.set(site, { site, bid, heardAt: this.#clock.monotonic() });
    if (bid.pilots === undefined) this.#announcements.renew(site);
    else this.#announcements.replace(site, undefined, bid.pilots);
  }

  /** Renews the lease of `bid` unless the site has made another since. */
  renew(site: string, bid: Bid): void {
    if (this.#bySite.get(site)?.bid === bid) this.put(site, bid);
  }

  /** @returns whether it was taken; else the site has to announce all of its pilots */
  announce(site: string, announcement: Announcement): boolean {
    return this.#announcements.take(site, announcement);
  }

  /** Undefined while nothing is known of the site's pilots. */
  announcedBy(site: string): Announced | undefined {
    return this.#announcements.of(site);
  }

  /** What a site says of a pilot; undefined when nothing, or when the site is silent for too long. */
  announced(site: string, uid: string): AnnouncedPilot | undefined {
    return this.#announcements.of(site)?.pilots.get(uid);
  }

  /** Those whose lease has not run out. */
  current(): readonly (Bidder & { readonly heardSecondsAgo: number })[] {
    const now = this.#clock.monotonic();
    for (const [site, { heardAt }] of this.#bySite) if (now - heardAt >= bidLease) this.#bySite.delete(site);
    return [...this.#bySite.values()].map((bidder) => ({
      ...bidder,
      heardSecondsAgo: (now - bidder.heardAt) / 1000,
    }));
  }
}
