import type { Clock } from '#base/clock.ts';
import type { TraceParent } from '#base/trace-parent.ts';
import { childOf, newSpan, type Tracing } from '#telemetry/span.ts';

interface StartSpansOptions {
  readonly tracing: Tracing;
  /** The span of its pod, if that has one. */
  readonly parent: TraceParent | undefined;
  readonly clock: Pick<Clock, 'wall'>;
  /** When the process began: epoch milliseconds. */
  readonly begun: number;
  readonly pilot: string;
  readonly group: string;
}

/**
 * The spans of a pilot's start: `pilot start` from the process to the first welcome of the pool and, below it, `probe`,
 * `validate` and `register`. The payloads' spans have links to it.
 */
export class StartSpans {
  readonly self: TraceParent;
  readonly #options: StartSpansOptions;
  /** When the last step ended; undefined: the start is over. */
  #since: number | undefined;

  constructor(options: StartSpansOptions) {
    this.#options = options;
    this.#since = options.begun;
    this.self = newSpan(options.tracing, options.parent);
  }

  get tracing(): Tracing {
    return this.#options.tracing;
  }

  async step<T>(name: string, work: Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const start = clock.wall();
    try {
      return await work;
    } finally {
      this.#since = clock.wall();
      this.#record(name, start, this.#since);
    }
  }

  /** The pool knows the pilot; only the first time counts. */
  registered(): void {
    if (this.#since === undefined) return;
    this.#record('register', this.#since, this.#options.clock.wall());
    this.#over(undefined);
  }

  /** The pilot has left. If it never registered, its start has failed. */
  left(reason: string): void {
    if (this.#since !== undefined) this.#over(reason);
  }

  #over(failure: string | undefined): void {
    const { tracing, parent, clock, begun, pilot, group } = this.#options;
    this.#since = undefined;
    tracing.record({
      name: 'pilot start',
      self: this.self,
      parent,
      start: begun,
      end: clock.wall(),
      attributes: { 'glidein.pilot': pilot, 'glidein.group': group },
      failure,
    });
  }

  #record(name: string, start: number, end: number): void {
    this.#options.tracing.record({ name, self: childOf(this.self), parent: this.self, start, end });
  }
}
