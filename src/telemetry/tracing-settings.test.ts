import { describe, expect, it } from 'vitest';
import { tracingSettings } from './tracing-settings.ts';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
const settings = (environment: Record<string, string>) => tracingSettings(environment, 'glidein-pool');

describe('tracing', () => {
  it.each([
    [{}],
    [{ OTEL_SERVICE_NAME: 'mine', OTEL_TRACES_SAMPLER: 'jaeger_remote' }],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'true' }],
    [{ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
  ])('is off with %j', (environment) => {
    expect(settings(environment)).toBeUndefined();
  });

  it.each([
    [endpoint],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/v1/traces' }],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }],
  ])('is on with %j', (environment) => {
    expect(settings(environment)).toMatchObject({ protocol: 'http/protobuf', serviceName: 'glidein-pool' });
  });

  it('is named and described as the environment says', () => {
    const OTEL_RESOURCE_ATTRIBUTES = 'service.name=ours,deployment.environment.name=a%2Cb, k = v ';
    expect(settings({ ...endpoint, OTEL_RESOURCE_ATTRIBUTES })).toMatchObject({
      serviceName: 'ours',
      resource: { 'deployment.environment.name': 'a,b', k: 'v' },
    });
    expect(settings({ ...endpoint, OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME: 'other' })?.serviceName).toBe(
      'other',
    );
  });

  it('is sent as the more specific variable says, and within the bounds of the batch processor', () => {
    const environment = {
      ...endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
      OTEL_BSP_MAX_QUEUE_SIZE: '7',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    };
    expect(settings(environment)).toMatchObject({ protocol: 'http/json', queue: 7, batch: 7, delay: 100 });
  });

  it.each([
    ['OTEL_TRACES_EXPORTER', 'zipkin', 'write otlp or none'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317', 'write a URL'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'http/protobuf or http/json'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote', 'parentbased_traceidratio'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a', 'KEY=VALUE'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=%', '%25'],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '1e9', 'a number'],
  ])('refuses %s=%s with advice', (name, value, cure) => {
    expect(() => settings({ ...endpoint, [name]: value })).toThrow(
      expect.objectContaining({
        code: 'InvalidArgument',
        message: expect.stringContaining(name),
        cure: expect.stringContaining(cure),
      }),
    );
  });
});
