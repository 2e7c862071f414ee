import type { Clock } from '#base/clock.ts';
import {
  parseTraceParent,
  printTraceParent,
  type TraceParent,
  traceAttribute,
  traceParentIn,
} from '#base/trace-parent.ts';
import { childOf, type Tracing } from '#telemetry/span.ts';
import { textNamed } from '#wire/ad-texts.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Start } from '#wire/pool-messages.ts';

/** What a pilot that makes spans gives to its payloads. */
export interface PilotTraces {
  readonly tracing: Pick<Tracing, 'record'>;
  /** The span of the pilot's own start, which is in another trace: a pilot is started for many jobs. */
  readonly self: TraceParent;
}

/** What runs the payload; see `execution.ts`. */
interface Executed {
  /** Epoch milliseconds at which its container came up. */
  readonly startedAt: number | undefined;
  run(): Promise<Outcome>;
}

interface PayloadSpansOptions {
  readonly traces?: PilotTraces | undefined;
  readonly clock: Pick<Clock, 'wall'>;
}

/**
 * The spans of one payload: `payload` from its message to the end of its delivery and, below it, `stage in`, `start container`,
 * `run` and `stage out`. What the payload itself does belongs to `payload`, because that is known before its environment is
 * written, and stays when the payload goes on from a checkpoint.
 *
 * A pilot that makes no spans hands on what it was given.
 */
export class PayloadSpans {
  readonly #options: PayloadSpansOptions;
  readonly #job: string;
  readonly #parent: TraceParent | undefined;
  readonly #self: TraceParent | undefined;
  readonly #begun: number;

  constructor({ job, trace, ad }: Pick<Start, 'job' | 'trace' | 'ad'>, options: PayloadSpansOptions) {
    this.#options = options;
    this.#job = job;
    this.#parent = parseTraceParent(trace) ?? traceParentIn(textNamed(ad, traceAttribute.toLowerCase()));
    const isTraced = options.traces !== undefined && this.#parent !== undefined;
    this.#self = isTraced ? childOf(this.#parent) : this.#parent;
    this.#begun = options.clock.wall();
  }

  get traceId(): string | undefined {
    return this.#self?.traceId;
  }

  /** For the environment of the payload. */
  get traceParent(): string | undefined {
    return this.#self && printTraceParent(this.#self);
  }

  /** A step that lasts until `work` settles. */
  async step<T>(name: string, work: Promise<T>): Promise<T> {
    const start = this.#options.clock.wall();
    try {
      const result = await work;
      this.#record(name, start, this.#options.clock.wall());
      return result;
    } catch (error) {
      this.#record(name, start, this.#options.clock.wall(), 'failed');
      throw error;
    }
  }

  /** Executes the payload: until its container is up, then until it has ended. */
  async executing(execution: Executed): Promise<Outcome> {
    const begun = this.#options.clock.wall();
    try {
      return await execution.run();
    } finally {
      const { startedAt } = execution;
      const end = this.#options.clock.wall();
      this.#record(
        'start container',
        begun,
        startedAt ?? end,
        startedAt === undefined ? 'failed' : undefined,
      );
      if (startedAt !== undefined) this.#record('run', startedAt, end);
    }
  }

  /** @param outcome undefined: nobody wants it */
  ended(outcome: Outcome | undefined): void {
    const { traces, clock } = this.#options;
    if (traces === undefined || this.#self === undefined) return;
    traces.tracing.record({
      name: 'payload',
      kind: 'consumer',
      self: this.#self,
      parent: this.#parent,
      links: [traces.self],
      start: this.#begun,
      end: clock.wall(),
      attributes: { 'glidein.job': this.#job, ...attributesOf(outcome) },
      failure: failureOf(outcome),
    });
  }

  #record(name: string, start: number, end: number, failure?: string): void {
    const { traces } = this.#options;
    if (traces === undefined || this.#self === undefined) return;
    traces.tracing.record({
      name,
      self: childOf(this.#self),
      parent: this.#self,
      start,
      end,
      attributes: { 'glidein.job': this.#job },
      failure,
    });
  }
}

function attributesOf(outcome: Outcome | undefined): Record<string, string | number> {
  if (outcome === undefined) return {};
  const { kind } = outcome;
  return { 'glidein.outcome': kind, ...(kind === 'exited' && { 'process.exit.code': outcome.exitCode }) };
}

function failureOf(outcome: Outcome | undefined): string | undefined {
  if (outcome === undefined) return 'abandoned';
  return 'reason' in outcome ? outcome.reason : undefined;
}
