import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { describeError, GlideinError, isCode } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { type JobView, jobsAnswer } from '#wire/jobs.ts';
import { findPool } from '../find-pool.ts';
import { jobName } from '../job-name.ts';
import { listed } from '../job-table.ts';
import { oneLine } from '../one-line.ts';
import { note, type Terminal } from '../terminal.ts';

export function logsCommand(program: Command, terminal: Terminal): void {
  program
    .command('logs')
    .argument('<job>', 'a job such as 12.3')
    .summary('print what a job has written')
    .description(
      'Prints what a job has written to its standard output so far, while it runs or after its end.',
    )
    .option('--err', 'its standard error instead')
    .option('-f, --follow', 'go on until the job has ended or is held; one that waits is waited for')
    .addHelpText(
      'after',
      `
Examples:
  $ glidein logs 12.0
  $ glidein logs 12.0 --err | tail -3
  $ glidein logs 12.0 -f`,
    )
    .action(async (name: string, _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const client = await findPool(flags, terminal);
      const stream = flags.err === true ? 'stderr' : 'stdout';
      await follow(new JobLog(client, jobName(name), stream, terminal), flags.follow === true, terminal);
      await client.close();
    });
}

async function follow(log: JobLog, untilEnd: boolean, terminal: Terminal): Promise<void> {
  for (let first = true; ; first = false) {
    try {
      // Looked at before the log is read: what an ended job has written is then all there is.
      const more = await log.mayGrow();
      await log.copy();
      if (!untilEnd || !more) return;
    } catch (error) {
      // A pilot on its way back to the pool, or a pool that starts anew: what they have will still come.
      if (first || !untilEnd || !(isCode(error, 'Unavailable') || isCode(error, 'Timeout'))) throw error;
      note(terminal, describeError(error));
    }
    await sleep(systemClock, 500, terminal.signal);
    if (terminal.signal.aborted) return;
  }
}

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
class JobLog {
  readonly #client: PoolClient;
  readonly #job: string;
  readonly #stream: string;
  readonly #terminal: Terminal;
  #offset = 0;
  #tries = 0;
  #said = '';

  constructor(client: PoolClient, job: string, stream: string, terminal: Terminal) {
    this.#client = client;
    this.#job = job;
    this.#stream = stream;
    this.#terminal = terminal;
  }

  /** Whether the job may still write: it waits or runs. @throws GlideinError InvalidArgument for several jobs */
  async mayGrow(): Promise<boolean> {
    const view = await this.#view();
    if (view.attempts.length > this.#tries && this.#offset > 0) {
      this.#say(`${view.id} runs again: from its beginning`);
      this.#offset = 0;
    }
    this.#tries = view.attempts.length;
    const { ad } = listed(view);
    const state = stateOf(ad);
    if (state === 'waits') this.#say(`${view.id} waits; \`glidein why ${view.id}\` tells for what`);
    if (state === 'held') this.#say(`${view.id} is held: ${ad.evaluateString('HoldReason') ?? '?'}`);
    return state === 'waits' || state === 'runs';
  }

  async #view(): Promise<JobView> {
    const { signal } = this.#terminal;
    const { jobs } = await this.#client.json(`/v1/jobs/${this.#job}`, jobsAnswer, { signal });
    const [view, ...others] = jobs;
    if (view !== undefined && others.length === 0) return view;
    throw new GlideinError('InvalidArgument', `${this.#job} is a cluster of ${jobs.length} jobs`, {
      cure: `name one of them, such as ${view?.id ?? `${this.#job}.0`}`,
    });
  }

  async copy(): Promise<void> {
    const { signal, out } = this.#terminal;
    const path = `/v1/jobs/${this.#job}/logs/${this.#stream}`;
    const answer = await this.#client.raw(path, { query: { offset: this.#offset }, signal });
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.#offset += chunk.length;
        out.write(chunk, (error) => done(error));
      },
    });
    await pipeline(answer.body, sink);
  }

  /** On the error stream, and not twice. */
  #say(text: string): void {
    if (text !== this.#said) note(this.#terminal, oneLine(text));
    this.#said = text;
  }
}
