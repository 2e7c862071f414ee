import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { afterEach, expect, it, vi } from 'vitest';
import { TestAuthority } from '#testing/server-certificate.ts';
import { createMetrics } from './metrics.ts';
import { OtlpTracing } from './otlp-tracing.ts';
import { newSpan, type Tracing } from './span.ts';
import { openTracing } from './tracing.ts';
import { tracingSettings } from './tracing-settings.ts';

const on = { OTEL_TRACES_EXPORTER: 'otlp', OTEL_BSP_SCHEDULE_DELAY: '1' };

let server: Server | undefined;
afterEach(() => {
  vi.unstubAllEnvs();
  server?.closeAllConnections();
  server?.close();
});

function tracingWith(exporter: SpanExporter, environment: Record<string, string> = {}) {
  const settings = tracingSettings({ ...on, ...environment }, 'test');
  if (settings === undefined) throw new Error('it is off');
  const fates: [string, number][] = [];
  const problems: object[] = [];
  const tracing = new OtlpTracing(settings, {
    logger: { warn: (facts: object) => void problems.push(facts) },
    count: (...fate) => void fates.push(fate),
    exporter,
  });
  return { tracing, fates, problems };
}

function record(tracing: Tracing, name = 'test') {
  const self = newSpan(tracing, undefined);
  tracing.record({ name, self, start: 1_700_000_000_000, end: 1_700_000_000_250.5 });
}

it('what the collector takes is counted, and has times to the microsecond', async () => {
  const spans: ReadableSpan[] = [];
  const { tracing, fates } = tracingWith({
    export: (batch, done) => {
      spans.push(...batch);
      done({ code: 0 });
    },
    shutdown: async () => {},
  });
  record(tracing);
  await tracing.close();
  expect(fates).toEqual([['exported', 1]]);
  expect(spans[0]).toMatchObject({
    name: 'test',
    startTime: [1_700_000_000, 0],
    endTime: [1_700_000_000, 250_500_000],
    duration: [0, 250_500_000],
  });
});

it('a collector that never answers costs as many spans as the queue holds; the rest is dropped and counted', async () => {
  const { tracing, fates, problems } = tracingWith(
    { export: () => {}, shutdown: async () => {} },
    { OTEL_BSP_MAX_QUEUE_SIZE: '10', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '5' },
  );
  for (let each = 0; each < 1000; each += 1) record(tracing);
  expect(fates).toEqual(Array.from({ length: 990 }, () => ['dropped', 1]));
  expect(problems).toEqual([{ problem: 'too many spans wait to be sent' }]);
  const begun = performance.now();
  await tracing.close();
  expect(performance.now() - begun).toBeLessThan(3000);
});

it('spans that a collector refuses are counted, and leave their room in the queue to others', async () => {
  const { tracing, fates, problems } = tracingWith(
    {
      export: (_batch, done) => done({ code: 1, error: new Error('not here') }),
      shutdown: async () => {},
    },
    { OTEL_BSP_MAX_QUEUE_SIZE: '1' },
  );
  record(tracing);
  record(tracing);
  await vi.waitFor(() =>
    expect(fates).toEqual([
      ['failed', 1],
      ['failed', 1],
    ]),
  );
  expect(problems).toEqual([{ problem: 'not here' }]);
});

it('as many spans as a batch may have are sent at once, the others after them', async () => {
  const batches: number[] = [];
  const { tracing } = tracingWith(
    {
      export: (batch, done) => {
        batches.push(batch.length);
        done({ code: 0 });
      },
      shutdown: async () => {},
    },
    { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '2', OTEL_BSP_SCHEDULE_DELAY: '60000' },
  );
  for (let each = 0; each < 3; each += 1) record(tracing);
  expect(batches).toEqual([2]);
  await tracing.close();
  expect(batches).toEqual([2, 1]);
});

it('a span that is not sampled goes nowhere', async () => {
  const { tracing, fates } = tracingWith(
    { export: (_batch, done) => done({ code: 0 }), shutdown: async () => {} },
    { OTEL_TRACES_SAMPLER: 'always_off' },
  );
  record(tracing);
  await tracing.close();
  expect(fates).toEqual([]);
});

/** A collector that answers everything, and what it was asked. */
async function collector(answers = true): Promise<{ url: string; requests: unknown[] }> {
  const requests: unknown[] = [];
  const listening = createServer(({ url, headers }, response) => {
    const { 'content-type': type, 'content-encoding': coding, 'x-tenant': tenant } = headers;
    requests.push({ url, type, coding, tenant });
    if (answers) response.end('{}');
  });
  server = listening;
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done));
  const { port } = listening.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests };
}

/** Tracing as a program opens it, with the variables of its environment. */
async function opened(variables: Record<string, string>) {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const registry = createMetrics();
  const logger = { warn: () => {} };
  const tracing = await openTracing({ environment: process.env, program: 'test', logger, registry });
  if (tracing === undefined) throw new Error('it is off');
  return { tracing, metrics: () => registry.metrics() };
}

it.each([
  ['http/protobuf', 'application/x-protobuf'],
  ['http/json', 'application/json'],
])('%s is sent as %s, with the headers and the compression of the environment', async (protocol, type) => {
  const { url, requests } = await collector();
  const { tracing, metrics } = await opened({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=ours',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
  });
  record(tracing);
  await tracing.close();
  expect(requests).toEqual([{ url: '/v1/traces', type, coding: 'gzip', tenant: 'ours' }]);
  expect(await metrics()).toContain('glidein_spans_total{fate="exported"} 1');
});

it('an endpoint for spans alone is taken as it is', async () => {
  const { url, requests } = await collector();
  const { tracing } = await opened({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/spans` });
  record(tracing);
  await tracing.close();
  expect(requests).toMatchObject([{ url: '/spans' }]);
});

it('a collector has as long as the environment says to take spans', async () => {
  const { url } = await collector(false);
  const { tracing, metrics } = await opened({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_TIMEOUT: '50',
    OTEL_BSP_SCHEDULE_DELAY: '1',
  });
  record(tracing);
  await vi.waitFor(async () => expect(await metrics()).toContain('glidein_spans_total{fate="failed"} 1'));
});

it('a collector shows a certificate of the authority that the environment names', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'glidein-tracing-'));
  try {
    const authority = await TestAuthority.make();
    await authority.writeServer(directory);
    const file = (name: string) => join(directory, name);
    await writeFile(file('ca.crt'), authority.certificate);
    const [cert, key] = await Promise.all([readFile(file('tls.crt')), readFile(file('tls.key'))]);
    const listening = createTlsServer({ cert, key }, (_request, response) => void response.end('{}'));
    server = listening;
    await new Promise<void>((done) => listening.listen(0, 'localhost', done));
    const { port } = listening.address() as AddressInfo;
    const { tracing, metrics } = await opened({
      OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${port}`,
      OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.crt'),
    });
    record(tracing);
    await tracing.close();
    expect(await metrics()).toContain('glidein_spans_total{fate="exported"} 1');
  } finally {
    await rm(directory, { recursive: true });
  }
});
