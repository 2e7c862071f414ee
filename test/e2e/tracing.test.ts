import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { siteManifests } from '#testing/manifests.ts';
import { OtlpReceiver, otlpReceiver, type ReceivedSpan } from '#testing/otlp-receiver.ts';

/** One job, from what submits it to its result, as a collector sees it. */

const brought = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = `00-${brought.traceId}-${brought.spanId}-01`;

let receiver: OtlpReceiver;
let up: GlideinUp;

const variables = () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '20' });

beforeAll(async () => {
  if (otlpReceiver.program === undefined) return;
  receiver = await OtlpReceiver.start(otlpReceiver.program);
  up = await GlideinUp.start(siteManifests({}), { ...variables(), GLIDEIN_LOG_LEVEL: 'info' });
});
afterAll(async () => {
  await up?.stop();
  await receiver?.stop();
});

async function submit(text: string, environment: Record<string, string>): Promise<number> {
  const { code, out, err } = await up.glidein(['submit', '-'], { input: text, environment });
  expect(code, err).toBe(0);
  return Number(/cluster (\d+)/.exec(out)?.[1]);
}

/** A job that prints the trace that it belongs to, and has a file to stage in and one to stage out. */
const job = `executable = print.sh
container_image = hello
transfer_input_files = word.txt
transfer_output_files = out.txt
queue
`;

const byName = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan => {
  const [found, second] = spans.filter((span) => span.name === name);
  if (found === undefined || second !== undefined)
    throw new Error(`of ${name} there are ${found ? 'several' : 'none'}`);
  return found;
};

/** OpenTelemetry's number for what takes over work that somebody else has ended handing over. */
const consumer = 5;

const tree: readonly (readonly [name: string, parent: string, service: string])[] = [
  ['job', 'submit', 'glidein-pool'],
  ['match', 'job', 'glidein-pool'],
  ['execution', 'job', 'glidein-pool'],
  ['result', 'execution', 'glidein-pool'],
  ['payload', 'execution', 'glidein-pilot'],
  ['stage in', 'payload', 'glidein-pilot'],
  ['start container', 'payload', 'glidein-pilot'],
  ['run', 'payload', 'glidein-pilot'],
  ['stage out', 'payload', 'glidein-pilot'],
];

test.skipIf(otlpReceiver.program === undefined)(
  `the spans of a job are one trace, from the process that submitted it to its result${otlpReceiver.program ? '' : ` (${otlpReceiver.absence})`}`,
  async () => {
    await writeFile(join(up.directory, 'print.sh'), '#!/bin/sh\necho "$TRACEPARENT" | tee out.txt\n', {
      mode: 0o755,
    });
    await writeFile(join(up.directory, 'word.txt'), 'word');
    const cluster = await submit(job, { ...variables(), TRACEPARENT: traceparent });
    await eventually(() => expect(receiver.spansOf(brought.traceId)).toHaveLength(tree.length + 1));
    const spans = receiver.spansOf(brought.traceId);

    const root = byName(spans, 'submit');
    expect(root).toMatchObject({ service: 'glidein', parentSpanId: brought.spanId });
    for (const [name, parentName, service] of tree) {
      const [span, parent] = [byName(spans, name), byName(spans, parentName)];
      expect(span, name).toMatchObject({ service, parentSpanId: parent.spanId });
      expect(span.startTimeUnixNano, name).toBeGreaterThanOrEqual(parent.startTimeUnixNano);
      if (span.kind === consumer && parent === root) continue;
      expect(span.endTimeUnixNano, name).toBeLessThanOrEqual(parent.endTimeUnixNano);
    }
    expect(byName(spans, 'job').attributes).toMatchObject({ 'glidein.job': `${cluster}.0` });

    const payload = byName(spans, 'payload');
    const [printed] = (await up.jobs(cluster)).map(({ id }) => id);
    expect(printed).toBe(`${cluster}.0`);
    expect(await readFile(join(up.directory, 'out.txt'), 'utf8')).toBe(
      `00-${brought.traceId}-${payload.spanId}-01\n`,
    );
    await expectLink(payload);
    await expectLogged(cluster);
  },
);

/** The pilot was not started for this job alone: its start is a trace of its own, which the payload names. */
async function expectLink({ links: [link], startTimeUnixNano }: ReceivedSpan): Promise<void> {
  if (link === undefined) throw new Error('the payload has no link');
  expect(link.traceId).not.toBe(brought.traceId);
  const names = ['pilot start', 'probe', 'register', 'validate'];
  await eventually(() =>
    expect(
      receiver
        .spansOf(link.traceId)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(names),
  );
  const start = byName(receiver.spansOf(link.traceId), 'pilot start');
  expect(start).toMatchObject({ spanId: link.spanId, service: 'glidein-pilot', parentSpanId: '' });
  expect(start.endTimeUnixNano).toBeLessThanOrEqual(startTimeUnixNano);
  for (const span of receiver.spansOf(link.traceId)) {
    if (span === start) continue;
    expect(span).toMatchObject({ parentSpanId: start.spanId });
    expect(span.startTimeUnixNano).toBeGreaterThanOrEqual(start.startTimeUnixNano);
    expect(span.endTimeUnixNano).toBeLessThanOrEqual(start.endTimeUnixNano);
  }
}

/** Whoever reads the log of a pilot finds the trace, and the other way round. */
async function expectLogged(cluster: number): Promise<void> {
  const logs = join(up.directory, 'state', 'logs');
  const files = (await readdir(logs, { recursive: true })).filter((name) => name.endsWith('.log'));
  const texts = await Promise.all(files.map((name) => readFile(join(logs, name), 'utf8')));
  const lines = texts
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('{'));
  const ended = lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'payload ended');
  expect(ended).toMatchObject({ trace_id: brought.traceId, group: 'test', job: `${cluster}.0` });
}

test.skipIf(otlpReceiver.program === undefined)(
  'a job that brings no trace gets one, and a collector that is away fails no submission',
  async () => {
    const text = 'executable = /bin/true\ntransfer_executable = false\ncontainer_image = hello\nqueue\n';
    const cluster = await submit(text, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    const own = () =>
      receiver.spans.find(
        ({ name, attributes }) => name === 'job' && attributes['glidein.job'] === `${cluster}.0`,
      );
    await eventually(() => expect(own()).toBeDefined());
    expect(own()?.traceId).not.toBe(brought.traceId);
    await submit(text, {});
    const root = () =>
      receiver.spans.find(
        ({ name, attributes }) => name === 'job' && attributes['glidein.job'] === `${cluster + 1}.0`,
      );
    await eventually(() => expect(root()).toMatchObject({ parentSpanId: '' }));
  },
);
