import type { Clock, Timer } from '#base/clock.ts';
import type { AdTexts } from '#wire/ad-texts.ts';

export interface SlotUpdatesOptions {
  readonly clock: Clock;
  /** Sends the slot to the pool; false: there is no connection. */
  readonly send: (slot: AdTexts) => boolean;
  /** The slot as it is now. */
  readonly slot: () => AdTexts;
}

/** The shortest time between two updates, in milliseconds: the pool matches waiting jobs anew after each of them. */
const interval = 1000;

/**
 * Tells the pool of each change of the slot: at once, but after another change a second later. The pool learns the slot from
 * `hello`, too, so only what changes between a `hello` and its `welcome`, or later, is sent.
 *
 * | pool               | event                                    | then                                     |
 * |--------------------|------------------------------------------|------------------------------------------|
 * | away               | change                                   | nothing: the next `hello` says it        |
 * | greeted            | change                                   | nothing: sent after the `welcome`        |
 * | greeted            | `welcome` of a pool that takes updates   | up to date; sent if it has changed since |
 * | up                 | change                                   | sent now, or once the interval is over   |
 * | of an older version | change                                  | nothing: the next `hello` says it        |
 */
export class SlotUpdates {
  readonly #options: SlotUpdatesOptions;
  /** What the pool knows; undefined while it takes no updates. */
  #told: AdTexts | undefined;
  /** What the last `hello` said. */
  #greeted: AdTexts | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(options: SlotUpdatesOptions) {
    this.#options = options;
  }

  /** The slot to say in a `hello` that is sent now. */
  greet(): AdTexts {
    this.#greeted = this.#options.slot();
    return this.#greeted;
  }

  /** @param takesUpdates whether this pool understands them */
  welcomed(takesUpdates: boolean): void {
    this.#told = takesUpdates ? this.#greeted : undefined;
    this.changed();
  }

  /** Call this when the slot has changed. */
  changed(): void {
    const { clock, send, slot } = this.#options;
    if (this.#told === undefined || this.#timer !== undefined || slot() === this.#told) return;
    const wait = this.#sentAt + interval - clock.monotonic();
    if (wait > 0) {
      this.#timer = clock.after(wait, () => {
        this.#timer = undefined;
        this.changed();
      });
      return;
    }
    if (!send(slot())) return;
    this.#sentAt = clock.monotonic();
    this.#told = slot();
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#told = undefined;
    this.stop();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
