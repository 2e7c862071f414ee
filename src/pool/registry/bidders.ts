import type { Clock } from '#base/clock.ts';
import type { AnnouncedPilot, Announcement, Bid } from '#wire/bid.ts';
import { type Announced, Announcements } from './announcements.ts';

/** Milliseconds for which a bid counts. */
const bidLease = 60_000;

/** Milliseconds for which a site that no longer bids is remembered, for whoever asks where the pilots are. */
const rememberedFor = 86_400_000;

interface Bidder {
  readonly site: string;
  readonly bid: Bid;
  /** Monotonic milliseconds. */
  readonly heardAt: number;
}

/** The sites that feed this pool with pilots, and the last bid of each. */
export class Bidders {
  readonly #clock: Clock;
  readonly #bySite = new Map<string, Bidder>();
  /** When sites whose lease has expired were last heard; monotonic milliseconds. */
  readonly #silent = new Map<string, number>();
  readonly #announcements: Announcements;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#announcements = new Announcements(clock, bidLease);
  }

  put(site: string, bid: Bid): void {
    this.#silent.delete(site);
    this.#bySite.set(site, { site, bid, heardAt: this.#clock.monotonic() });
    if (bid.pilots === undefined) this.#announcements.renew(site);
    else this.#announcements.replace(site, undefined, bid.pilots);
  }

  /** Renews the lease of `bid`, unless the site has made another bid since. */
  renew(site: string, bid: Bid): void {
    if (this.#bySite.get(site)?.bid === bid) this.put(site, bid);
  }

  /** @returns whether it was taken; if not, the site has to announce all of its pilots */
  announce(site: string, announcement: Announcement): boolean {
    return this.#announcements.take(site, announcement);
  }

  /** Undefined while the site's pilots are unknown. */
  announcedBy(site: string): Announced | undefined {
    return this.#announcements.of(site);
  }

  /** The announcement of a pilot; undefined if the site has not announced it, or has been silent for too long. */
  announced(site: string, uid: string): AnnouncedPilot | undefined {
    return this.#announcements.of(site)?.pilots.get(uid);
  }

  /** The sites that have bid, but not lately, the most recent first. */
  silent(): readonly { readonly site: string; readonly silentSeconds: number }[] {
    this.current();
    const now = this.#clock.monotonic();
    for (const [site, heardAt] of this.#silent) if (now - heardAt > rememberedFor) this.#silent.delete(site);
    return [...this.#silent]
      .map(([site, heardAt]) => ({ site, silentSeconds: (now - heardAt) / 1000 }))
      .sort((a, b) => a.silentSeconds - b.silentSeconds);
  }

  /** Milliseconds until the first lease can end. */
  nextLapse(): number {
    const now = this.#clock.monotonic();
    const ages = [...this.#bySite.values()].map(({ heardAt }) => now - heardAt);
    return Math.max(0, bidLease - Math.max(0, ...ages));
  }

  /** The bidders whose lease has not expired. */
  current(): readonly (Bidder & { readonly heardSecondsAgo: number })[] {
    const now = this.#clock.monotonic();
    for (const [site, { heardAt }] of this.#bySite) {
      if (now - heardAt < bidLease) continue;
      this.#bySite.delete(site);
      this.#silent.set(site, heardAt);
    }
    return [...this.#bySite.values()].map((bidder) => ({
      ...bidder,
      heardSecondsAgo: (now - bidder.heardAt) / 1000,
    }));
  }
}
