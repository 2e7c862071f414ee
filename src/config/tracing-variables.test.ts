import { expect, it } from 'vitest';
import { handedOn } from './tracing-variables.ts';

it('pods get where spans go and which are recorded, and neither secrets nor the name of the operator', () => {
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=secret',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'authorization=secret',
    OTEL_EXPORTER_OTLP_CERTIFICATE: '/ca.crt',
    OTEL_SERVICE_NAME: 'operator',
    OTEL_TRACES_SAMPLER: 'always_on',
    OTEL_TRACES_SAMPLER_ARG: '',
    HOME: '/root',
  };
  expect(handedOn(environment)).toEqual([
    { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://collector:4318' },
    { name: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', value: 'http/json' },
    { name: 'OTEL_TRACES_SAMPLER', value: 'always_on' },
  ]);
});
