import type { AnnouncedPilot, Announcement } from './pool.ts';

/**
 * What a site has announced to a pool that is older than the endpoint for announcements: there every bid carries the
 * complete list.
 */
export class AnnouncedInBids {
  readonly #pilots = new Map<string, AnnouncedPilot>();
  #session: string | undefined;

  /** The series that the list is made of; undefined before a complete announcement. */
  get session(): string | undefined {
    return this.#session;
  }

  get pilots(): AnnouncedPilot[] {
    return [...this.#pilots.values()];
  }

  /** @returns false when it continues a series that this is not made of: a complete announcement is wanted */
  take({ session, complete, pilots, ended }: Announcement): boolean {
    if (complete) {
      this.#session = session;
      this.#pilots.clear();
    }
    if (session !== this.#session) return false;
    for (const pilot of pilots) this.#pilots.set(pilot.uid, pilot);
    for (const uid of ended) this.#pilots.delete(uid);
    return true;
  }
}
