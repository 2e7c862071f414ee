import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { eventually } from './eventually.ts';

/** The OTLP receiver that tests have, and why there is none otherwise. */
export const otlpReceiver = {
  program: process.env.GLIDEIN_TEST_OTLP,
  absence: process.env.GLIDEIN_TEST_NO_OTLP ?? 'GLIDEIN_TEST_OTLP names no receiver',
};

const values = z.array(
  z.object({
    key: z.string(),
    value: z
      .object({ stringValue: z.string().optional(), intValue: z.string().optional() })
      .transform(({ stringValue, intValue }) => stringValue ?? intValue ?? ''),
  }),
);

const nanoseconds = z.string().transform(BigInt);

const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().default(''),
  name: z.string(),
  kind: z.int().default(0),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes: values.default([]),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
});

const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: values }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
});

export type ReceivedSpan = Omit<z.infer<typeof span>, 'attributes'> & {
  readonly service: string;
  readonly attributes: Readonly<Record<string, string>>;
};

const recordOf = (pairs: z.infer<typeof values>) =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, value]));

/** @param line what the receiver prints of a request */
export function spansIn(line: string): ReceivedSpan[] {
  return request.parse(JSON.parse(line)).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = recordOf(resource.attributes)['service.name'] ?? '';
    return scopeSpans
      .flatMap(({ spans }) => spans)
      .map((each) => ({ ...each, service, attributes: recordOf(each.attributes) }));
  });
}

/** A running receiver of the OpenTelemetry Collector, with what it was sent. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly #child: ChildProcess;
  #url = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout !== null) createInterface(child.stdout).on('line', (line) => this.#take(line));
  }

  static async start(program: string): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver(spawn(program, { stdio: ['ignore', 'pipe', 'inherit'] }));
    await eventually(async () => {
      if (receiver.#url === '') throw new Error('the receiver has not said where it listens');
    });
    return receiver;
  }

  get url(): string {
    return this.#url;
  }

  spansOf(traceId: string): ReceivedSpan[] {
    return this.spans.filter((each) => each.traceId === traceId);
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.#child.once('close', done));
    this.#child.kill();
    await ended;
  }

  #take(line: string): void {
    if (!line.startsWith('{')) {
      this.#url = line;
      return;
    }
    this.spans.push(...spansIn(line));
  }
}
