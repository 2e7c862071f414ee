import type { Clock } from '#base/clock.ts';
import { mostAnnounced } from '#wire/bid.ts';
import type { AnnouncedPilot, Announcement, Pool } from './pool.ts';

interface Told {
  /** The pilot as it was announced, as JSON. */
  readonly text: string;
  /** Monotonic milliseconds at which the pool had taken it for the first time. */
  readonly at: number;
}

interface AnnouncerOptions {
  /** The name of its series, which nobody else may have: other operators of the site have theirs. */
  readonly session: string;
  /** The pilots that may be alive now. */
  readonly living: () => readonly AnnouncedPilot[];
  readonly clock: Clock;
}

/** Keeps one pool informed of the site's pilots: all of them once, after that what has changed. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #told = new Map<string, Told>();
  /** When the pool had taken the complete announcement that everything since goes by; undefined: it is due. */
  #completeAt: number | undefined;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  get session(): string {
    return this.#options.session;
  }

  /** When the pool took the announcement of a pilot, monotonic milliseconds; undefined while it has not. */
  acknowledgedAt(uid: string): number | undefined {
    return this.#completeAt === undefined ? undefined : this.#told.get(uid)?.at;
  }

  /**
   * An answer of the pool names the series that it goes by. When that is another one (the pool has restarted, or another
   * operator speaks for the site), everything has to be announced anew.
   * @param askedAt an answer to an earlier question does not know of a later announcement
   * @returns whether there is something to announce because of it
   */
  compare(session: string | undefined, askedAt: number): boolean {
    if (session === this.session) return false;
    if (this.#completeAt !== undefined && askedAt > this.#completeAt) this.#forget();
    return this.#completeAt === undefined;
  }

  /** Announces what the pool does not know yet. @throws GlideinError when it does not answer: try again */
  async sync(pool: Pick<Pool, 'announce'>, signal: AbortSignal): Promise<void> {
    if (this.#completeAt !== undefined && (await this.#announce(pool, signal))) return;
    this.#forget();
    if (await this.#announce(pool, signal)) this.#completeAt = this.#options.clock.monotonic();
  }

  /** In as many parts as it takes. @returns false as soon as the pool refuses one */
  async #announce(pool: Pick<Pool, 'announce'>, signal: AbortSignal): Promise<boolean> {
    for (const part of this.#parts()) {
      if (!(await pool.announce(part, signal))) return false;
      const at = this.#options.clock.monotonic();
      for (const pilot of part.pilots) {
        const { at: first = at } = this.#told.get(pilot.uid) ?? {};
        this.#told.set(pilot.uid, { text: JSON.stringify(pilot), at: first });
      }
      for (const uid of part.ended) this.#told.delete(uid);
    }
    return true;
  }

  #parts(): Announcement[] {
    const living = this.#options.living();
    const uids = new Set(living.map(({ uid }) => uid));
    const news = living.filter((pilot) => this.#told.get(pilot.uid)?.text !== JSON.stringify(pilot));
    const ended = [...this.#told.keys()].filter((uid) => !uids.has(uid));
    const first = this.#completeAt === undefined ? 1 : 0;
    const count = Math.max(first, Math.ceil(Math.max(news.length, ended.length) / mostAnnounced));
    return Array.from({ length: count }, (_, index) => {
      const [from, to] = [index * mostAnnounced, (index + 1) * mostAnnounced];
      const complete = first === 1 && index === 0;
      return { session: this.session, complete, pilots: news.slice(from, to), ended: ended.slice(from, to) };
    });
  }

  #forget(): void {
    this.#completeAt = undefined;
    this.#told.clear();
  }
}
