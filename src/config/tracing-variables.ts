/** A variable of OpenTelemetry, which has no flag: it means the same to every program that makes spans. */
export interface TracingVariable {
  readonly variable: string;
  /** The same for spans alone; it wins. */
  readonly specific?: string;
  readonly fallback?: string;
  readonly sentence: string;
  /** It is about one process, or a secret: an operator does not hand it on to its pools and pilots. */
  readonly stays?: true;
}

/** The variables of OpenTelemetry that count; there are no others. */
export const tracingVariables: readonly TracingVariable[] = [
  {
    variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    sentence: 'The base URL of the collector. It turns tracing on; /v1/traces is appended.',
  },
  {
    variable: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    sentence: 'The whole URL that takes spans, as it is. It turns tracing on.',
  },
  {
    variable: 'OTEL_TRACES_EXPORTER',
    sentence:
      'otlp turns tracing on, towards http://localhost:4318 if there is no endpoint; none turns it off.',
  },
  { variable: 'OTEL_SDK_DISABLED', sentence: 'true turns tracing off, whatever else is set.', stays: true },
  {
    variable: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    specific: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
    fallback: 'http/protobuf',
    sentence: 'http/protobuf or http/json; grpc is refused.',
  },
  {
    variable: 'OTEL_EXPORTER_OTLP_HEADERS',
    specific: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
    sentence: 'Headers of the requests: KEY=VALUE, separated by commas.',
    stays: true,
  },
  {
    variable: 'OTEL_EXPORTER_OTLP_TIMEOUT',
    specific: 'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
    fallback: '10000',
    sentence: 'Milliseconds in which the collector must have taken spans.',
  },
  {
    variable: 'OTEL_EXPORTER_OTLP_COMPRESSION',
    specific: 'OTEL_EXPORTER_OTLP_TRACES_COMPRESSION',
    fallback: 'none',
    sentence: 'gzip or none.',
  },
  {
    variable: 'OTEL_EXPORTER_OTLP_CERTIFICATE',
    specific: 'OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE',
    sentence: 'A file with the certificate authority of the collector, for https.',
    stays: true,
  },
  {
    variable: 'OTEL_SERVICE_NAME',
    sentence: 'The name of the service; glidein, glidein-pool, glidein-pilot or glidein-operator if absent.',
    stays: true,
  },
  {
    variable: 'OTEL_RESOURCE_ATTRIBUTES',
    sentence: 'What else is said of the service: KEY=VALUE, separated by commas, percent-encoded.',
  },
  {
    variable: 'OTEL_TRACES_SAMPLER',
    fallback: 'parentbased_always_on',
    sentence:
      'Which traces are recorded: always_on, always_off, traceidratio, or one of them after parentbased_, which follows a trace that is recorded already.',
  },
  {
    variable: 'OTEL_TRACES_SAMPLER_ARG',
    fallback: '1',
    sentence: 'The share of traces for traceidratio, from 0 to 1.',
  },
  {
    variable: 'OTEL_BSP_MAX_QUEUE_SIZE',
    fallback: '2048',
    sentence: 'How many spans may wait to be sent; more are dropped and counted.',
  },
  {
    variable: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
    fallback: '512',
    sentence: 'How many spans are sent at once.',
  },
  {
    variable: 'OTEL_BSP_SCHEDULE_DELAY',
    fallback: '5000',
    sentence: 'Milliseconds for which spans are gathered.',
  },
];

/** What an operator that makes spans gives to the pods that it makes, so that these make some too. */
export function handedOn(
  environment: Readonly<Record<string, string | undefined>>,
): { readonly name: string; readonly value: string }[] {
  const names = tracingVariables.flatMap(({ variable, specific, stays }) =>
    stays === true ? [] : [variable, ...(specific === undefined ? [] : [specific])],
  );
  return names.flatMap((name) => {
    const value = environment[name];
    return value === undefined || value === '' ? [] : [{ name, value }];
  });
}
