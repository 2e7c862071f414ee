import type { Clock } from '#base/clock.ts';
import type { AnnouncedPilot, Announcement } from '#wire/bid.ts';

/** What a site has announced, in one series. */
export interface Announced {
  /** Undefined for the list in a bid of an older site, which is complete each time. */
  readonly session: string | undefined;
  readonly pilots: ReadonlyMap<string, AnnouncedPilot>;
}

interface Kept extends Announced {
  readonly pilots: Map<string, AnnouncedPilot>;
  heardAt: number;
}

/** Which pilots each site says it has. A site that is not heard for longer than the lease has announced nothing. */
export class Announcements {
  readonly #clock: Clock;
  readonly #lease: number;
  readonly #bySite = new Map<string, Kept>();

  /** @param lease milliseconds */
  constructor(clock: Clock, lease: number) {
    this.#clock = clock;
    this.#lease = lease;
  }

  /** @returns false when it continues a series that is not the site's present one: nothing of it is taken then */
  take(site: string, { session, complete, pilots, ended }: Announcement): boolean {
    if (complete) this.replace(site, session, pilots);
    const kept = this.#current(site);
    if (kept === undefined || kept.session !== session) return false;
    for (const pilot of pilots) kept.pilots.set(pilot.uid, pilot);
    for (const uid of ended) kept.pilots.delete(uid);
    kept.heardAt = this.#clock.monotonic();
    return true;
  }

  replace(site: string, session: string | undefined, pilots: readonly AnnouncedPilot[]): void {
    const byUid = new Map(pilots.map((pilot) => [pilot.uid, pilot]));
    this.#bySite.set(site, { session, pilots: byUid, heardAt: this.#clock.monotonic() });
  }

  /** The site was heard: what it announced counts on. */
  renew(site: string): void {
    const kept = this.#current(site);
    if (kept !== undefined) kept.heardAt = this.#clock.monotonic();
  }

  /** Undefined while nothing is known of the site's pilots, which is not the same as that it has none. */
  of(site: string): Announced | undefined {
    return this.#current(site);
  }

  #current(site: string): Kept | undefined {
    const kept = this.#bySite.get(site);
    if (kept === undefined || this.#clock.monotonic() - kept.heardAt < this.#lease) return kept;
    this.#bySite.delete(site);
    return undefined;
  }
}
