import type { Pilot } from './pilot.ts';

/** What has been heard of is dropped once there is so much of it, and no less than of the rest. */
const mostHeard = 1_000;

/**
 * The pilots that have changed, in that order, until somebody hears of them: those of which {@link Pilot.isNews} is true. A list,
 * as a set of a hundred thousand that come back in one moment would take longer than all else that is done with them.
 */
export class ChangedPilots {
  /** Perhaps with others, of which there is no news any more. */
  #pilots: Pilot[] = [];
  /** How many of them have been heard of. */
  #heard = 0;

  add(pilot: Pilot): void {
    if (pilot.isNews) return;
    pilot.isNews = true;
    this.#pilots.push(pilot);
  }

  /** Takes them out, one after the other. Whoever stops early finds the rest the next time. */
  *take(): Generator<Pilot> {
    for (let pilot = this.#next(); pilot !== undefined; pilot = this.#next()) {
      if (!pilot.isNews) continue;
      pilot.isNews = false;
      yield pilot;
    }
  }

  #next(): Pilot | undefined {
    const pilot = this.#pilots[this.#heard];
    if (pilot === undefined || this.#heard >= Math.max(mostHeard, this.#pilots.length / 2)) {
      this.#pilots = this.#pilots.slice(this.#heard);
      this.#heard = 0;
    }
    if (pilot !== undefined) this.#heard += 1;
    return pilot;
  }
}
