import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { GlideinError } from '#base/error.ts';
import { ownerVariable } from '#base/process-owner.ts';
import type { SignalName } from '#base/signals.ts';
import type { OuterProcess, ProcessEnd } from './container-process.ts';

/** Bytes and words of a request; the program takes no more. */
const most = { bytes: 2 ** 20, words: 2 ** 15 };

/** What kept a process from doing what it should. */
export interface ServedFailure {
  /** Which of its words, counted from 1. */
  readonly word: number;
  /** The number of the system's error. */
  readonly error: number;
}

/** An outer process as the program runs it. */
export interface ServedProcess extends OuterProcess {
  /** Ask this once it has ended. */
  readonly failure: ServedFailure | undefined;
  /** The process that it has started, if the program tells; undefined if it ended before. */
  readonly child: Promise<number | undefined>;
}

export interface ServedRequest {
  /** Files for stdin, stdout and stderr, as the program sees them. */
  readonly streams: readonly [string, string, string];
  /** What to do: see the program. */
  readonly words: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
}

export interface ProcessServerOptions {
  readonly args?: readonly string[];
  /** What it gets as its descriptors from 3 on. */
  readonly descriptors?: readonly number[];
  /** The pilot's directory, by which its processes are recognised. */
  readonly owner: string;
}

interface Running {
  readonly end: PromiseWithResolvers<ProcessEnd>;
  readonly child: PromiseWithResolvers<number | undefined>;
  exited: boolean;
  failure: ServedFailure | undefined;
}

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/**
 * A small program that makes processes on request, and answers in lines: see `hack/payload-programs/server.h`.
 *
 * **Gotchas.** It dies with the pilot, and all that it has started dies with it.
 */
export class ProcessServer {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #starting = new Map<string, PromiseWithResolvers<ServedProcess>>();
  readonly #running = new Map<number, Running>();
  #count = 0;
  #problem: string | undefined;

  constructor(program: string, { args = [], descriptors = [], owner }: ProcessServerOptions) {
    this.#child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'ignore', ...descriptors],
      env: { [ownerVariable]: owner },
      cwd: '/',
      detached: true,
    }) as ChildProcessByStdio<Writable, Readable, null>;
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line.split(' ')));
    this.#child.once('error', (error) => this.#gone(error.message));
    this.#child.once('exit', (code, signal) => this.#gone(`it ended with ${code ?? signal}`));
    this.#child.stdin.on('error', () => undefined);
    this.#child.unref();
  }

  /** Whether it still takes requests. */
  get isUp(): boolean {
    return this.#problem === undefined;
  }

  /**
   * @throws GlideinError RuntimeFailed when the server is gone or can make no process; InvalidArgument for a command that it
   *   cannot be told
   */
  async start({ streams, words, environment }: ServedRequest): Promise<ServedProcess> {
    this.#count += 1;
    const id = String(this.#count);
    const variables = [...environment].map(([name, value]) => `${name}=${value}`);
    this.#requireUp();
    this.#send(['start', id, ...streams, String(words.length), ...words, '', ...variables]);
    const started = Promise.withResolvers<ServedProcess>();
    this.#starting.set(id, started);
    return await started.promise;
  }

  /** It ends with its last process, and takes no more requests. */
  finish(): void {
    if (!this.isUp) return;
    this.#send(['finish']);
    this.#problem = 'it was closed';
  }

  #process(pid: number, running: Running): ServedProcess {
    return {
      pid,
      exit: running.end.promise,
      child: running.child.promise,
      get exited() {
        return running.exited;
      },
      get failure() {
        return running.failure;
      },
      signal: (name: SignalName) =>
        this.#send(['signal', String(pid), String(constants.signals[name as NodeJS.Signals])]),
      leavesNothing: true,
    };
  }

  #requireUp(): void {
    if (this.isUp) return;
    throw new GlideinError('RuntimeFailed', `what makes processes is gone: ${this.#problem}`);
  }

  #send(words: readonly string[]): void {
    const text = `${words.join('\0')}\0`;
    const bytes = Buffer.byteLength(text);
    if (bytes > most.bytes || words.length > most.words || words.some((word) => word.includes('\0')))
      throw new GlideinError('InvalidArgument', 'the command is too long, or contains a NUL character');
    const frame = Buffer.allocUnsafe(4 + bytes);
    frame.writeUInt32LE(bytes);
    frame.write(text, 4);
    this.#child.stdin.write(frame);
  }

  #hear([what, first = '', ...rest]: readonly string[]): void {
    const [number = 0, error = 0] = rest.map(Number);
    const running = this.#running.get(Number(first));
    if (what === 'started') this.#started(first, number);
    else if (running === undefined) return;
    else if (what === 'failed') running.failure = { word: number, error };
    else if (what === 'running') running.child.resolve(number);
    else this.#ended(Number(first), running, number);
  }

  /** Its end may come with the same bytes, so it counts as running at once. */
  #started(id: string, pid: number): void {
    const starting = this.#starting.get(id);
    this.#starting.delete(id);
    if (starting === undefined) return;
    if (pid === 0) {
      starting.reject(new GlideinError('RuntimeFailed', 'no process can be made'));
      return;
    }
    const running: Running = {
      end: Promise.withResolvers(),
      child: Promise.withResolvers(),
      exited: false,
      failure: undefined,
    };
    this.#running.set(pid, running);
    starting.resolve(this.#process(pid, running));
  }

  #ended(pid: number, running: Running, status: number): void {
    const signal = status & 0x7f;
    running.exited = true;
    this.#running.delete(pid);
    running.child.resolve(undefined);
    running.end.resolve(
      signal === 0
        ? { code: (status >> 8) & 0xff, signal: null }
        : { code: null, signal: (signalNames.get(signal) ?? 'SIGKILL') as NodeJS.Signals },
    );
  }

  #gone(problem: string): void {
    this.#problem ??= problem;
    for (const starting of this.#starting.values())
      starting.reject(new GlideinError('RuntimeFailed', problem));
    this.#starting.clear();
    // What it has started dies with it. That is not proof, so whoever waits for them looks for what they have left.
    for (const [pid, running] of this.#running) this.#ended(pid, running, constants.signals.SIGKILL);
  }
}
