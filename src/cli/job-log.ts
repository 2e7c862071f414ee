import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GlideinError } from '#base/error.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { type JobView, jobsAnswer } from '#wire/jobs.ts';
import { listed } from './job-table.ts';
import { note, type Terminal } from './terminal.ts';

/** By HTCondor's JobStatus. */
function stateOf(ad: ClassAd): 'waits' | 'runs' | 'held' | 'ended' {
  switch (ad.evaluateNumber('JobStatus')) {
    case 1:
      return 'waits';
    case 2:
    case 6:
      return 'runs';
    case 5:
      return 'held';
    default:
      return 'ended';
  }
}

/** One stream of one job, copied piece by piece. */
export class JobLog {
  readonly #client: PoolClient;
  readonly #job: string;
  readonly #stream: 'stdout' | 'stderr';
  readonly #terminal: Terminal;
  #offset = 0;
  #copied = 0;
  /** The execution that what was copied comes from; 0 before the first. */
  #epoch = 0;
  #said = '';

  constructor(client: PoolClient, job: string, stream: 'stdout' | 'stderr', terminal: Terminal) {
    this.#client = client;
    this.#job = job;
    this.#stream = stream;
    this.#terminal = terminal;
  }

  /** Whether the job may still write: it waits or runs. @throws GlideinError InvalidArgument for several jobs */
  async mayGrow(): Promise<boolean> {
    const view = await this.#view();
    const { epoch } = view.attempts.at(-1) ?? { epoch: 0 };
    if (epoch > this.#epoch && this.#offset > 0) {
      this.say(`${view.id} is running again; its output starts over`);
      this.#offset = 0;
    }
    this.#epoch = Math.max(epoch, this.#epoch);
    const { ad } = listed(view);
    const state = stateOf(ad);
    if (state === 'waits') this.say(`${view.id} is waiting; \`glidein why ${view.id}\` tells why`);
    if (state === 'held') this.say(`${view.id} is held: ${ad.evaluateString('HoldReason') ?? '?'}`);
    if ((state === 'held' || state === 'ended') && view[this.#stream] === undefined)
      this.#sayNothingKept(view, ad);
    return state === 'waits' || state === 'runs';
  }

  async #view(): Promise<JobView> {
    const { signal } = this.#terminal;
    const query = { limit: 2 };
    const { jobs } = await this.#client.json(`/v1/jobs/${this.#job}`, jobsAnswer, { query, signal });
    const [view, ...others] = jobs;
    if (view !== undefined && others.length === 0) return view;
    throw new GlideinError('InvalidArgument', `${this.#job} is a cluster of several jobs`, {
      cure: `name one of them, such as ${view?.id ?? `${this.#job}.0`}`,
    });
  }

  /** Someone who was following has seen the output; someone who asks only now must learn that none was kept. */
  #sayNothingKept(view: JobView, ad: ClassAd): void {
    const text = nothingKept(view, ad, this.#stream);
    if (this.#copied === 0)
      throw new GlideinError('NotFound', text, { cure: `see \`glidein history ${view.id}\`` });
    this.say(text);
  }

  /** Copies everything that was written since the last copy, in however many pieces it comes. */
  async copy(): Promise<void> {
    for (let isMore = true; isMore; ) isMore = await this.#copyPiece();
  }

  /**
   * @returns whether there may be more: a pilot sends a part at a time, and an empty one at the end
   * @throws GlideinError Unavailable when the connection is lost meanwhile
   */
  async #copyPiece(): Promise<boolean> {
    const { signal, out } = this.#terminal;
    const path = `/v1/jobs/${this.#job}/logs/${this.#stream}`;
    const answer = await this.#client.raw(path, { query: { offset: this.#offset }, signal });
    const before = this.#offset;
    // An older pool does not say which execution it is.
    const epoch = Number(answer.headers['x-glidein-epoch'] ?? this.#epoch);
    if (before > 0 && epoch !== this.#epoch) {
      // It ran again since it was looked at: this is the middle of something else.
      await answer.body.dump();
      return false;
    }
    this.#epoch = epoch;
    let unwritten: unknown;
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.#offset += chunk.length;
        this.#copied += chunk.length;
        out.write(chunk, (error) => {
          unwritten = error ?? undefined;
          done(error);
        });
      },
    });
    try {
      await pipeline(answer.body, sink, { signal });
    } catch (error) {
      if (signal.aborted || unwritten !== undefined) throw error;
      throw new GlideinError('Unavailable', `the connection was lost while reading ${this.#stream}`, {
        cause: error,
        cure: 'try again',
      });
    }
    return this.#offset > before && answer.headers['x-glidein-final'] !== 'true';
  }

  /** Prints to the error stream, and never the same sentence twice in a row. */
  say(text: string): void {
    if (text !== this.#said) note(this.#terminal, text.replace(/\s+/g, ' '));
    this.#said = text;
  }
}

/** Why a job that no longer runs has nothing to read. */
function nothingKept(view: JobView, ad: ClassAd, stream: 'stdout' | 'stderr'): string {
  const printed = stream === 'stdout' ? 'standard output' : 'standard error';
  if (view.attempts.every(({ startedAt }) => startedAt === undefined))
    return `${view.id} has no ${printed}: it was never started`;
  const isRemoved = ad.evaluateNumber('JobStatus') === 3;
  const why = isRemoved
    ? `it was removed${reasonOf(ad)}, and the output of a removed job is not kept`
    : `its last try returned none`;
  return `${view.id} has no ${printed}: ${why}`;
}

function reasonOf(ad: ClassAd): string {
  const reason = ad.evaluateString('RemoveReason');
  return reason === undefined ? '' : ` (${reason})`;
}
