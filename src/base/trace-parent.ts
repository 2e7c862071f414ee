/** Which span something happened in: what W3C Trace Context puts into a `traceparent`. */
export interface TraceParent {
  /** 32 lower-case hexadecimal digits, not all of them zero. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all of them zero. */
  readonly spanId: string;
  /** Whether whoever made it records the trace. */
  readonly sampled: boolean;
}

/** The variable in which processes hand on a trace, and the attribute of a job. */
export const traceVariable = 'TRACEPARENT';
export const traceAttribute = 'TraceParent';

/** The most characters that are looked at: later versions of the format may append fields. */
const mostCharacters = 128;

const layout = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** Undefined: it is none, so the trace has to begin anew. */
export function parseTraceParent(text: string | undefined): TraceParent | undefined {
  if (text === undefined || text.length > mostCharacters) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', more] = layout.exec(text) ?? [];
  if (version === undefined || (version === '00' && more !== undefined)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export const printTraceParent = ({ traceId, spanId, sampled }: TraceParent): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;

/** The trace in the text of an attribute: a string in quotes. An expression counts as none. */
export const traceParentIn = (text: string | undefined): TraceParent | undefined =>
  text?.startsWith('"') === true && text.endsWith('"') ? parseTraceParent(text.slice(1, -1)) : undefined;
