import { randomBytes } from 'node:crypto';
import type { TraceParent } from '#base/trace-parent.ts';

/** A span that is over. Its identity is made before it, because others name it as their parent while it lasts. */
export interface Span {
  readonly name: string;
  /** `producer` and `consumer`: the one hands work over and may end before the other begins. `internal` if absent. */
  readonly kind?: 'internal' | 'producer' | 'consumer';
  readonly self: TraceParent;
  /** Absent for the root of a trace. */
  readonly parent?: TraceParent | undefined;
  /** Spans of other traces that have to do with it. */
  readonly links?: readonly TraceParent[];
  /** Epoch milliseconds. */
  readonly start: number;
  readonly end: number;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** Why it counts as failed. */
  readonly failure?: string | undefined;
}

/** Where spans go. Nobody waits for it, and it never throws. */
export interface Tracing {
  /** Whether a trace that begins here, or goes on from `parent`, is recorded. */
  samples(traceId: string, parent: TraceParent | undefined): boolean;
  /** Takes a span, unless it is not sampled or too many wait to be sent. */
  record(span: Span): void;
  /** Sends what is left, for as long as a short patience lasts. */
  close(): Promise<void>;
}

export const newTraceId = (): string => randomBytes(16).toString('hex');
export const newSpanId = (): string => randomBytes(8).toString('hex');

/** The identity of a span below `parent`, or of the root of a new trace. */
export function newSpan(tracing: Pick<Tracing, 'samples'>, parent: TraceParent | undefined): TraceParent {
  const traceId = parent?.traceId ?? newTraceId();
  return { traceId, spanId: newSpanId(), sampled: tracing.samples(traceId, parent) };
}

/** The identity of a span in the trace of `parent`, and recorded if that is. */
export const childOf = ({ traceId, sampled }: TraceParent): TraceParent => ({
  traceId,
  spanId: newSpanId(),
  sampled,
});
