import type { Clock } from '#base/clock.ts';
import type { AnnouncedPilot, Announcement } from '#wire/bid.ts';

/** The pilots that a site has announced in its current series. */
export interface Announced {
  /** Undefined if the list came within a bid, as older sites send it; such a list is always complete. */
  readonly session: string | undefined;
  readonly pilots: ReadonlyMap<string, AnnouncedPilot>;
}

interface Kept extends Announced {
  readonly pilots: Map<string, AnnouncedPilot>;
  heardAt: number;
}

/** The pilots that each site says it has. The announcements of a site that is silent for longer than the lease are dropped. */
export class Announcements {
  readonly #clock: Clock;
  readonly #lease: number;
  readonly #bySite = new Map<string, Kept>();

  /** @param lease milliseconds */
  constructor(clock: Clock, lease: number) {
    this.#clock = clock;
    this.#lease = lease;
  }

  /** @returns false if it continues a series that is not the site's current one; it is then ignored */
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

  /** Renews the lease of a site's announcements. */
  renew(site: string): void {
    const kept = this.#current(site);
    if (kept !== undefined) kept.heardAt = this.#clock.monotonic();
  }

  /** Undefined while the site's pilots are unknown, which is different from having none. */
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
