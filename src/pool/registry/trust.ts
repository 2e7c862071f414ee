/** Milliseconds that pilots may take from when they are asked for until they register. */
const patience = 300_000;

/** Milliseconds between later looks at a group that has not brought all that it was asked for. */
const again = 60_000;

/** Milliseconds without a look after which nothing is known of what it was asked for: a site that bids alone has no shares. */
const longestBreak = 120_000;

/** Milliseconds until a group that brought nothing is tried again, with one pilot. */
const rest = 900_000;

/**
 * How many pilots of a group can be counted on, by what it has brought lately.
 *
 * | state    | counted on                                   | becomes                                                    |
 * |----------|----------------------------------------------|------------------------------------------------------------|
 * | trusted  | all                                          | doubted, when it has not brought within {@link patience} what it is asked for |
 * | doubted  | half as many each time, or twice what it brought | trusted, when it brings all; given up, when none is left |
 * | given up | none                                         | doubted, when a pilot comes after all, or after {@link rest}, with one |
 */
export class Trust {
  #most = Number.POSITIVE_INFINITY;
  /** Since when what comes is counted. */
  #countedFrom = 0;
  /** Since when it has been asked for pilots without a break; undefined while it is not. */
  #askedSince: number | undefined;
  /** The fewest pilots for which it was asked in that time. */
  #owed = Number.POSITIVE_INFINITY;
  #patience = patience;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** Pilots, starting ones included; infinite while the group is trusted. */
  get pilots(): number {
    return this.#most;
  }

  /**
   * Looks at what has come.
   * @param now monotonic milliseconds
   * @param asked the pilots that the group is asked for now, starting ones included
   * @param cameSince how many pilots have registered since a time
   */
  look(now: number, asked: number, cameSince: (time: number) => number): void {
    if (now - this.#lookedAt > longestBreak) this.#askedSince = undefined;
    this.#lookedAt = now;
    if (Number.isFinite(this.#most)) this.#most = Math.max(this.#most, 2 * cameSince(this.#countedFrom));
    if (this.#most < 1) {
      if (now - this.#countedFrom >= rest) this.#begin(now, 1);
    } else if (asked === 0) this.#askedSince = undefined;
    else this.#lookAfterAsked(now, asked, cameSince);
  }

  #lookAfterAsked(now: number, asked: number, cameSince: (time: number) => number): void {
    if (this.#askedSince === undefined) {
      this.#askedSince = now;
      this.#countedFrom = now;
      this.#owed = asked;
      this.#patience = patience;
    }
    this.#owed = Math.min(this.#owed, asked);
    if (now - this.#askedSince < this.#patience) return;
    const came = cameSince(this.#countedFrom);
    if (came >= this.#owed) this.#begin(now, Number.POSITIVE_INFINITY);
    else this.#begin(now, Math.max(2 * came, Math.floor(Math.min(this.#most, this.#owed + came) / 2)));
    this.#askedSince = now;
    this.#owed = asked;
    this.#patience = again;
  }

  #begin(now: number, most: number): void {
    this.#most = most;
    this.#countedFrom = now;
    this.#askedSince = undefined;
  }
}
