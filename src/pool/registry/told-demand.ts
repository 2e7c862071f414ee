import type { Clock } from '#base/clock.ts';
import type { DemandAnswer } from '#wire/bid.ts';
import { differenceOf, wholeOf } from '#wire/demand-difference.ts';

interface Told {
  /** As the site knows it, ages included. */
  readonly answer: DemandAnswer;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** The most sites of which the last answer is kept: ads are shared with pilots and autoclusters, the rest is some 100 bytes a pilot. */
const mostSites = 64;

/** What each site was told last, so that it need not be told again. */
export class ToldDemand {
  readonly #clock: Clock;
  /** The site that was told last stands last. */
  readonly #bySite = new Map<string, Told>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * What to send of a whole answer.
   * @param base the question whose answer the site still has. If that is not the last answer to the site, it gets all.
   */
  tell(site: string, base: string | undefined, whole: DemandAnswer): DemandAnswer {
    const now = this.#clock.monotonic();
    const last = this.#bySite.get(site);
    this.#bySite.delete(site);
    const isBase = last !== undefined && base !== undefined && last.answer.ask === base;
    const sent = isBase ? differenceOf(last.answer, base, whole, (now - last.at) / 1000) : whole;
    if (whole.ask !== undefined) this.#bySite.set(site, { answer: wholeOf(sent, last?.answer), at: now });
    if (this.#bySite.size > mostSites)
      for (const oldest of this.#bySite.keys().take(1)) this.#bySite.delete(oldest);
    return sent;
  }
}
