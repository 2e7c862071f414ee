import type { Clock } from '#base/clock.ts';
import type { AnnouncedPilot, Bid } from '#wire/bid.ts';

/** How long a bid counts after it was made, in milliseconds. */
const bidLease = 60_000;

interface Bidder {
  readonly site: string;
  readonly bid: Bid;
  /** Monotonic milliseconds. */
  readonly heardAt: number;
  /** Its pilots by uid; made when first asked for, since most bids change nothing. */
  pilots?: ReadonlyMap<string, AnnouncedPilot>;
}

/** The sites that feed this pool with pilots, and what each said last. */
export class Bidders {
  readonly #clock: Clock;
  readonly #bySite = new Map<string, Bidder>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(site: string, bid: Bid): void {
    this.#bySite.set(site, { site, bid, heardAt: this.#clock.monotonic() });
  }

  /** Renews the lease of `bid` unless the site has made another since. */
  renew(site: string, bid: Bid): void {
    if (this.#bySite.get(site)?.bid === bid) this.put(site, bid);
  }

  /** What a site said of a pilot in its last bid; undefined when nothing, or when the bid's lease has run out. */
  announced(site: string, uid: string): AnnouncedPilot | undefined {
    const bidder = this.#bySite.get(site);
    if (bidder === undefined || this.#clock.monotonic() - bidder.heardAt >= bidLease) return undefined;
    bidder.pilots ??= new Map(bidder.bid.pilots.map((pilot) => [pilot.uid, pilot]));
    return bidder.pilots.get(uid);
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
