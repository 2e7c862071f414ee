import type { Clock, Timer } from '#base/clock.ts';
import type { EndBound } from './end-bound.ts';
import {
  endOf,
  type Lifetime,
  type LifetimeEvent,
  type LifetimeLimits,
  newLifetime,
  nextLifetime,
  untilNextTick,
} from './lifetime.ts';

/** A day in milliseconds: setTimeout takes no delay longer than 24 days. */
const longestTimer = 86_400_000;

export interface PilotLifeOptions {
  readonly clock: Clock;
  readonly limits: LifetimeLimits;
  /** Milliseconds that count towards its age although it did not run yet. */
  readonly age: number | undefined;
  /** Called after each change of the phase. */
  readonly phaseChanged: (life: Lifetime) => void;
}

/** The life of a pilot as time passes: see {@link nextLifetime} for what follows what. */
export class PilotLife {
  readonly #options: PilotLifeOptions;
  #life: Lifetime;
  #tick: Timer | undefined;

  constructor(options: PilotLifeOptions) {
    this.#options = options;
    this.#life = newLifetime(options.clock.monotonic(), options.age);
  }

  get now(): Lifetime {
    return this.#life;
  }

  get limits(): LifetimeLimits {
    return this.#options.limits;
  }

  /** When it ends, and why. */
  get end(): EndBound['end'] {
    return endOf(this.#life, this.#options.limits).end;
  }

  apply(event: LifetimeEvent): void {
    const { clock, limits, phaseChanged } = this.#options;
    const before = this.#life.phase;
    this.#life = nextLifetime(this.#life, event, clock.monotonic(), limits);
    if (this.#life.phase !== before) phaseChanged(this.#life);
    this.schedule();
  }

  /** From now on, time alone changes it, too. */
  schedule(): void {
    this.stop();
    if (this.#life.phase === 'Leaving') return;
    const { clock, limits } = this.#options;
    const due = untilNextTick(this.#life, clock.monotonic(), limits);
    // One millisecond later than due, because timers may fire a little early.
    this.#tick = clock.after(Math.min(longestTimer, due + 1), () => this.apply({ type: 'tick' }));
  }

  /** Time changes nothing any more. */
  stop(): void {
    this.#tick?.cancel();
  }
}
