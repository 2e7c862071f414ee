import type { Pilot } from '../collector/pilot.ts';

/** Milliseconds for which an arrival is remembered: longer than a group has to bring what it is asked for, or rests. */
const rememberedFor = 1_800_000;

/** When the pilots of a group have registered. Those that have left count too: they may live for one short job. */
export class Arrivals {
  /** Monotonic milliseconds, ascending. */
  #times: number[] = [];
  #newest = 0;

  /** Takes note of pilots that have registered since the last time. @param pilots in the order in which they came */
  look(pilots: readonly Pick<Pilot, 'number' | 'registeredAt'>[], now: number): void {
    const later = pilots.filter(({ number }) => number > this.#newest);
    this.#newest = later.at(-1)?.number ?? this.#newest;
    const isOld = (at: number | undefined): boolean => at !== undefined && now - at > rememberedFor;
    if (isOld(this.#times[0])) this.#times = this.#times.filter((at) => !isOld(at));
    for (const { registeredAt } of later) this.#times.push(registeredAt);
  }

  /** How many have registered at this time or later; monotonic milliseconds. */
  since(time: number): number {
    return this.#times.length - this.#times.findLastIndex((at) => at < time) - 1;
  }
}
