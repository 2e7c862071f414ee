import type { Registry } from 'prom-client';
import type { Logger } from './logger.ts';
import type { Tracing } from './span.ts';
import { tracingSettings } from './tracing-settings.ts';

interface TracingOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The name of the service unless the environment has another. */
  readonly program: string;
  readonly logger: Pick<Logger, 'warn'>;
  /** Where it is counted what becomes of spans; nowhere if absent. */
  readonly registry?: Registry;
}

/**
 * Undefined: nobody wants traces. What makes and sends spans is loaded only if somebody does.
 * @throws GlideinError InvalidArgument that names the variable of OpenTelemetry that is wrong
 */
export async function openTracing({
  environment,
  program,
  logger,
  registry,
}: TracingOptions): Promise<Tracing | undefined> {
  const settings = tracingSettings(environment, program);
  if (settings === undefined) return undefined;
  const { OtlpTracing } = await import('./otlp-tracing.ts');
  const count = registry && (await spanCounter(registry));
  return new OtlpTracing(settings, { logger, ...(count && { count }) });
}

/** What becomes of spans. Only programs with metrics load what counts. */
async function spanCounter(registry: Registry) {
  const { countSpans } = await import('./span-counter.ts');
  return countSpans(registry);
}
