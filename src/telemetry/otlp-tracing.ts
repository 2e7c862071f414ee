import { hostname } from 'node:os';
import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { TraceParent } from '#base/trace-parent.ts';
import packageJson from '../../package.json' with { type: 'json' };
import type { Logger } from './logger.ts';
import type { Span, Tracing } from './span.ts';
import type { SpanFate } from './span-counter.ts';
import type { TracingSettings } from './tracing-settings.ts';

interface OtlpTracingOptions {
  readonly logger: Pick<Logger, 'warn'>;
  readonly count?: (fate: SpanFate, spans: number) => void;
  /** What sends the spans; what the settings say if absent. */
  readonly exporter?: SpanExporter;
}

/** Milliseconds that the end of a process waits for the collector. */
const patience = 1000;

const scope = { name: 'glidein', version: packageJson.version };

const kinds = { internal: SpanKind.INTERNAL, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER };

/**
 * Sends spans by OTLP, in batches and in the background. As many wait as the queue has room for, those that are being sent
 * included; more are dropped and counted, so a collector that is slow or dead costs memory up to that bound, and nothing else.
 */
export class OtlpTracing implements Tracing {
  readonly #settings: TracingSettings;
  readonly #options: OtlpTracingOptions;
  readonly #resource: Resource;
  readonly #processor: BatchSpanProcessor;
  #waiting = 0;
  /** Whether it was logged that spans are lost, and the collector has taken none since. */
  #isLosing = false;

  constructor(settings: TracingSettings, options: OtlpTracingOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#resource = resourceFromAttributes({
      'host.name': hostname(),
      'process.pid': process.pid,
      'service.version': packageJson.version,
      ...settings.resource,
      'service.name': settings.serviceName,
    });
    const exporter = options.exporter ?? exporterOf(settings);
    this.#processor = new BatchSpanProcessor({
      exporter: this.#counting(exporter),
      maxQueueSize: settings.queue,
      maxExportBatchSize: settings.batch,
      scheduledDelayMillis: settings.delay,
    });
  }

  samples(traceId: string, parent: TraceParent | undefined): boolean {
    return this.#settings.sampler(traceId, parent);
  }

  record(span: Span): void {
    if (!span.self.sampled) return;
    if (this.#waiting >= this.#settings.queue) {
      this.#lost('dropped', 1, 'too many spans wait to be sent');
      return;
    }
    this.#waiting += 1;
    this.#processor.onEnd(this.#readable(span));
  }

  async close(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, patience);
    // The exporter has counted what could not be sent.
    await Promise.race([this.#processor.shutdown().catch(() => undefined), late.promise]);
    clearTimeout(timer);
  }

  #counting(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          this.#waiting -= spans.length;
          if (result.error === undefined && result.code === 0) this.#arrived(spans.length);
          else this.#lost('failed', spans.length, result.error?.message ?? 'the collector refused them');
          // The processor would report a failure once more, to a handler that all libraries share.
          done({ code: 0 });
        }),
      shutdown: () => exporter.shutdown(),
    };
  }

  #arrived(spans: number): void {
    this.#isLosing = false;
    this.#options.count?.('exported', spans);
  }

  #lost(fate: 'failed' | 'dropped', spans: number, problem: string): void {
    this.#options.count?.(fate, spans);
    if (!this.#isLosing) this.#options.logger.warn({ problem }, 'spans are lost');
    this.#isLosing = true;
  }

  #readable({ name, kind = 'internal', self, parent, ...span }: Span): ReadableSpan {
    const { start, end, links = [], attributes = {}, failure } = span;
    const startTime = timeOf(start);
    // Clocks are set back.
    const endTime = timeOf(Math.max(start, end));
    return {
      name,
      kind: kinds[kind],
      spanContext: () => contextOf(self),
      ...(parent && { parentSpanContext: { ...contextOf(parent), isRemote: true } }),
      startTime,
      endTime,
      duration: timeOf(Math.max(0, end - start)),
      status:
        failure === undefined
          ? { code: SpanStatusCode.UNSET }
          : { code: SpanStatusCode.ERROR, message: failure },
      attributes: { ...attributes },
      links: links.map((link) => ({ context: contextOf(link) })),
      events: [],
      ended: true,
      resource: this.#resource,
      instrumentationScope: scope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }
}

function exporterOf({ protocol }: TracingSettings): SpanExporter {
  // They read endpoint, headers, certificates, compression and timeout from the environment.
  return protocol === 'http/json' ? new JsonExporter() : new ProtobufExporter();
}

const contextOf = ({ traceId, spanId, sampled }: TraceParent) => ({
  traceId,
  spanId,
  traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
});

/** @param milliseconds with microseconds behind the point */
function timeOf(milliseconds: number): HrTime {
  const micros = Math.round(milliseconds * 1000);
  return [Math.floor(micros / 1_000_000), (micros % 1_000_000) * 1000];
}
