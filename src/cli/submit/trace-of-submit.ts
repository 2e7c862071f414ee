import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import {
  parseTraceParent,
  printTraceParent,
  type TraceParent,
  traceAttribute,
  traceParentIn,
  traceVariable,
} from '#base/trace-parent.ts';
import { truncate } from '#base/truncate.ts';
import type { SubmitDescription } from '#submit/parse-submit.ts';
import { eachProc } from '#submit/queue/procs.ts';
import { newSpan, type Span, type Tracing } from '#telemetry/span.ts';
import { openTracing } from '#telemetry/tracing.ts';
import { textNamed } from '#wire/ad-texts.ts';
import { note, type Terminal } from '../terminal.ts';
import type { AnySubmit } from './submit-jobs.ts';

const cure = `write +${traceAttribute} = "00-<32 hexadecimal digits>-<16>-01", or leave it out and set ${traceVariable}`;

type Described = Pick<SubmitDescription, 'cluster' | 'procs' | 'series'>;

/** @throws GlideinError InvalidSubmitFile when the file brings a trace that nobody would understand */
export function checkTraceParents(description: Described): void {
  for (const text of textsIn(description)) {
    if (text === 'undefined' || traceParentIn(text) !== undefined) continue;
    throw new GlideinError(
      'InvalidSubmitFile',
      `${traceAttribute} is ${truncate(text, 100)}, which is no traceparent of W3C Trace Context`,
      { cure },
    );
  }
}

function textsIn(description: Described): Set<string> {
  const texts = new Set<string>();
  const add = (attributes: Readonly<Record<string, string>>) => {
    const text = textNamed(attributes, traceAttribute.toLowerCase());
    if (text !== undefined) texts.add(text);
  };
  add(description.cluster);
  // A million jobs of a series look alike here.
  const [first] = description.procs;
  if (description.series === undefined) for (const { attributes } of eachProc(description)) add(attributes);
  else if (first !== undefined) add(first.attributes);
  return texts;
}

interface TraceOptions {
  readonly description: Described;
  readonly terminal: Terminal;
  readonly clock: Pick<Clock, 'wall'>;
  readonly open?: typeof openTracing;
}

/**
 * The trace of a submission. A file that names one is the last word on it; otherwise the jobs go on with the trace of the
 * environment or, if this command makes spans, with its span `submit`.
 */
export class TraceOfSubmit {
  readonly #tracing: Tracing | undefined;
  readonly #parent: TraceParent | undefined;
  readonly #self: TraceParent | undefined;
  readonly #clock: TraceOptions['clock'];
  readonly #begun: number;
  #isRecorded = false;

  private constructor(
    { clock }: TraceOptions,
    tracing: Tracing | undefined,
    parent: TraceParent | undefined,
  ) {
    this.#clock = clock;
    this.#tracing = tracing;
    this.#parent = parent;
    this.#self = tracing === undefined ? parent : newSpan(tracing, parent);
    this.#begun = clock.wall();
  }

  /** @throws GlideinError InvalidArgument that names a variable of OpenTelemetry */
  static async begin(options: TraceOptions): Promise<TraceOfSubmit> {
    const { description, terminal, open = openTracing } = options;
    if (textsIn(description).size > 0) return new TraceOfSubmit(options, undefined, undefined);
    const tracing = await open({
      environment: terminal.environment,
      program: 'glidein',
      logger: { warn: (facts: object) => note(terminal, `warning: spans are lost: ${problemIn(facts)}`) },
    });
    return new TraceOfSubmit(options, tracing, parentIn(terminal));
  }

  /** The submission, with the trace in the ad that its jobs share. */
  marked(request: AnySubmit): AnySubmit {
    if (this.#self === undefined) return request;
    const text = `"${printTraceParent(this.#self)}"`;
    return { ...request, cluster: { ...request.cluster, [traceAttribute]: text } };
  }

  queued(cluster: number, procs: number): void {
    this.#record({ attributes: { 'glidein.cluster': cluster, 'glidein.jobs': procs } });
  }

  /** The command ends, and waits a moment for the collector. What is not queued by now was not queued. */
  async end(): Promise<void> {
    this.#record({ failure: 'not queued' });
    await this.#tracing?.close();
  }

  /** Only the first time. */
  #record(how: Pick<Span, 'attributes' | 'failure'>): void {
    const self = this.#self;
    if (this.#isRecorded || this.#tracing === undefined || self === undefined) return;
    this.#isRecorded = true;
    this.#tracing.record({
      name: 'submit',
      kind: 'producer',
      self,
      parent: this.#parent,
      start: this.#begun,
      end: this.#clock.wall(),
      ...how,
    });
  }
}

/** As the standard wants it, a broken trace begins anew. */
function parentIn(terminal: Terminal): TraceParent | undefined {
  const text = terminal.environment[traceVariable];
  const parent = parseTraceParent(text);
  if (text !== undefined && text !== '' && parent === undefined)
    note(
      terminal,
      `warning: ${traceVariable} is no traceparent of W3C Trace Context and is ignored: ${truncate(text, 100)}`,
    );
  return parent;
}

const problemIn = (facts: object): string => ('problem' in facts ? String(facts.problem) : '');
