import { Counter, type Registry } from 'prom-client';

/** What becomes of a span: the collector has it; it was refused, or not there; too many waited to be sent. */
export type SpanFate = 'exported' | 'failed' | 'dropped';

/** Counts what becomes of spans. */
export function countSpans(registry: Registry): (fate: SpanFate, spans: number) => void {
  const counter = new Counter({
    name: 'glidein_spans_total',
    help: 'Spans that the collector took (exported) or did not take (failed), and those beyond the bound of the queue (dropped), since this process began. Only with tracing.',
    labelNames: ['fate'],
    registers: [registry],
  });
  for (const fate of ['exported', 'failed', 'dropped']) counter.inc({ fate }, 0);
  return (fate, spans) => counter.inc({ fate }, spans);
}
