import { GlideinError } from '#base/error.ts';
import { type Sampler, samplerOf } from './sampler.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How spans are made and sent, as the variables of OpenTelemetry say. */
export interface TracingSettings {
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly sampler: Sampler;
  readonly serviceName: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly queue: number;
  readonly batch: number;
  /** Milliseconds. */
  readonly delay: number;
}

/**
 * Undefined: there is no tracing. It is off unless somebody says where spans go, although OpenTelemetry would send them to this
 * machine.
 * @param program the name of the service if the environment has none
 * @throws GlideinError InvalidArgument that names the variable
 */
export function tracingSettings(environment: Environment, program: string): TracingSettings | undefined {
  if (!isOn(environment)) return undefined;
  const { 'service.name': named, ...resource } = resourceOf(environment);
  const queue = count(environment, 'OTEL_BSP_MAX_QUEUE_SIZE', 2048);
  return {
    protocol: protocolOf(environment),
    sampler: samplerOf(environment),
    serviceName: environment.OTEL_SERVICE_NAME || named || program,
    resource,
    queue,
    batch: Math.min(queue, count(environment, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512)),
    delay: count(environment, 'OTEL_BSP_SCHEDULE_DELAY', 5000),
  };
}

function isOn(environment: Environment): boolean {
  if (environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return false;
  const exporter = environment.OTEL_TRACES_EXPORTER || undefined;
  if (exporter === 'none') return false;
  if (exporter !== undefined && exporter !== 'otlp')
    throw wrong('OTEL_TRACES_EXPORTER', exporter, 'write otlp or none');
  const endpoints = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
  const given = endpoints.filter((name) => (environment[name] ?? '') !== '');
  for (const name of given) requireUrl(name, environment[name] ?? '');
  return exporter === 'otlp' || given.length > 0;
}

function requireUrl(name: string, text: string): void {
  const protocol = URL.canParse(text) ? new URL(text).protocol : undefined;
  if (protocol !== 'http:' && protocol !== 'https:')
    throw wrong(name, text, 'write a URL such as http://collector:4318');
}

function protocolOf(environment: Environment): TracingSettings['protocol'] {
  const name =
    environment.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL === undefined
      ? 'OTEL_EXPORTER_OTLP_PROTOCOL'
      : 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL';
  const protocol = environment[name] || 'http/protobuf';
  if (protocol === 'http/protobuf' || protocol === 'http/json') return protocol;
  throw wrong(
    name,
    protocol,
    'write http/protobuf or http/json, and the port of the collector for HTTP, usually 4318',
  );
}

/** `key=value,key=value`, with values percent-encoded. */
function resourceOf({ OTEL_RESOURCE_ATTRIBUTES: text = '' }: Environment): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key = '', value = ''] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
      if (key.trim() === '')
        throw wrong('OTEL_RESOURCE_ATTRIBUTES', pair, 'write KEY=VALUE, separated by commas');
      return [key.trim(), decoded(value.trim())];
    }),
  );
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw wrong('OTEL_RESOURCE_ATTRIBUTES', value, 'write % as %25');
  }
}

function count(environment: Environment, name: string, fallback: number): number {
  const text = environment[name];
  if (text === undefined || text === '') return fallback;
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw wrong(name, text, 'write a number from 1 to 9999999');
}

const wrong = (name: string, value: string, cure: string): GlideinError =>
  new GlideinError('InvalidArgument', `${name}: "${value.slice(0, 100)}" is not supported`, { cure });
