import type { Clock } from '#base/clock.ts';
import type { PilotStart } from '#fleet/breaker.ts';
import { isStarting, type ObservedPilot, phaseOf } from '#fleet/phase.ts';
import { PilotStarts } from '#fleet/pilot-starts.ts';
import { type PoolDemand, registeredState } from '#fleet/pool-demand.ts';
import type { PilotProcess } from './pilot-process.ts';
import type { LocalGroup } from './site-definition.ts';

/** How long an ended pilot is still listed, in milliseconds. */
const showEnded = 60_000;

/** The pilots of one group on this machine, and what happened to earlier ones. */
export class LocalGroupState {
  readonly group: LocalGroup;
  readonly #clock: Clock;
  readonly #look: () => PoolDemand;
  readonly #pilots = new Map<string, PilotProcess>();
  readonly #starts = new PilotStarts();
  #created: number[] = [];
  /** How the last pilot that failed before registering ended. */
  lastFailure: string | undefined;

  /** @param look returns what is known of the pool now */
  constructor(group: LocalGroup, clock: Clock, look: () => PoolDemand) {
    this.group = group;
    this.#clock = clock;
    this.#look = look;
  }

  add(pilot: PilotProcess): void {
    this.#pilots.set(pilot.uid, pilot);
    this.#created.push(this.#clock.monotonic());
  }

  get living(): readonly PilotProcess[] {
    return [...this.#pilots.values()].filter((pilot) => pilot.runtime.state !== 'Ended');
  }

  get(uid: string): PilotProcess | undefined {
    return this.#pilots.get(uid);
  }

  /** Notes which pilots the pool has. While it is unknown, its lists say nothing. */
  noteRegistered(): void {
    const demand = this.#look();
    if (!demand.known) return;
    for (const pilot of this.#pilots.values()) {
      if (pilot.everRegistered || registeredState(demand, pilot.uid) === undefined) continue;
      pilot.everRegistered = true;
      this.#note(false);
    }
  }

  /** @param poolAnswers a pilot that could not register because no pool was there says nothing about its group */
  ended(pilot: PilotProcess, poolAnswers: boolean): void {
    const failed = pilot.runtime.state === 'Ended' && pilot.runtime.failed && !pilot.everRegistered;
    if (!failed || !poolAnswers) return;
    this.lastFailure = pilot.runtime.state === 'Ended' ? pilot.runtime.reason : undefined;
    this.#note(true);
  }

  observe(): readonly ObservedPilot[] {
    for (const pilot of this.#pilots.values()) {
      if (pilot.runtime.state === 'Ended' && pilot.forMilliseconds > showEnded)
        this.#pilots.delete(pilot.uid);
    }
    const demand = this.#look();
    return [...this.#pilots.values()].map(({ uid, name, runtime, forMilliseconds }) => ({
      uid,
      name,
      runtime,
      registered: registeredState(demand, uid),
      forMilliseconds,
      demand,
    }));
  }

  get starting(): number {
    return this.observe().filter((pilot) => isStarting(phaseOf(pilot))).length;
  }

  get starts(): readonly PilotStart[] {
    return this.#starts.all;
  }

  get createdLately(): number {
    const limit = this.#clock.monotonic() - 60_000;
    this.#created = this.#created.filter((at) => at > limit);
    return this.#created.length;
  }

  #note(failed: boolean): void {
    this.#starts.add({ at: this.#clock.monotonic(), failed });
  }
}
