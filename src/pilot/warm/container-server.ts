import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { GlideinError } from '#base/error.ts';
import { ownerVariable } from '#base/process-owner.ts';
import type { SignalName } from '#base/signals.ts';
import type { OuterProcess, ProcessEnd } from '../runtime/container-process.ts';
import { type EnterFailure, enterFailure } from './enter.ts';

/** Bytes and words of a request; the program takes no more. */
const most = { bytes: 2 ** 20, words: 2 ** 15 };

/** A payload as the program runs it. */
export interface EnteredPayload extends OuterProcess {
  /** Why it could not enter; ask this once it has ended. */
  readonly failure: EnterFailure | undefined;
}

export interface EnterRequest {
  /** Files for stdin, stdout and stderr, as the container sees them. */
  readonly streams: readonly [string, string, string];
  /** Limits, steps and the command: see `hack/payload-programs/enter.c`. */
  readonly words: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
}

interface Starting {
  readonly words: readonly string[];
  readonly started: PromiseWithResolvers<EnteredPayload>;
}

interface Running {
  readonly words: readonly string[];
  readonly end: PromiseWithResolvers<ProcessEnd>;
  exited: boolean;
  failure: EnterFailure | undefined;
}

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/**
 * The process that puts payloads into one container. It holds the container, and answers in lines.
 *
 * **Gotchas.** It dies with the pilot, and all payloads in its container die with it.
 */
export class ContainerServer {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #starting = new Map<string, Starting>();
  readonly #running = new Map<number, Running>();
  #count = 0;
  #problem: string | undefined;

  /** @param owner the pilot's directory, by which its processes are recognised */
  constructor(enter: string, owner: string, namespaces: Readonly<Record<'user' | 'mounts', FileHandle>>) {
    this.#child = spawn(enter, ['serve'], {
      stdio: ['pipe', 'pipe', 'ignore', namespaces.user.fd, namespaces.mounts.fd],
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

  /** Whether it still takes payloads. */
  get isUp(): boolean {
    return this.#problem === undefined;
  }

  /**
   * @throws GlideinError RuntimeFailed when the server is gone or can make no process; InvalidArgument for a command that it
   *   cannot be told
   */
  async start({ streams, words, environment }: EnterRequest): Promise<EnteredPayload> {
    this.#count += 1;
    const id = String(this.#count);
    const variables = [...environment].map(([name, value]) => `${name}=${value}`);
    this.#requireUp();
    this.#send(['start', id, ...streams, String(words.length), ...words, '', ...variables]);
    const started = Promise.withResolvers<EnteredPayload>();
    this.#starting.set(id, { words, started });
    return await started.promise;
  }

  /** It ends with its last payload, and takes no more. */
  finish(): void {
    if (!this.isUp) return;
    this.#send(['finish']);
    this.#problem = 'it was closed';
  }

  #payload(pid: number, running: Running): EnteredPayload {
    return {
      pid,
      exit: running.end.promise,
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
    throw new GlideinError(
      'RuntimeFailed',
      `what lets payloads into the container is gone: ${this.#problem}`,
    );
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
    else if (what === 'failed') running.failure = enterFailure(running.words, number, error);
    else this.#ended(Number(first), running, number);
  }

  /** Its end may come with the same bytes, so it counts as running at once. */
  #started(id: string, pid: number): void {
    const starting = this.#starting.get(id);
    this.#starting.delete(id);
    if (starting === undefined) return;
    const { words, started } = starting;
    if (pid === 0) {
      started.reject(new GlideinError('RuntimeFailed', 'no process can be made in the container'));
      return;
    }
    const running: Running = { words, end: Promise.withResolvers(), exited: false, failure: undefined };
    this.#running.set(pid, running);
    started.resolve(this.#payload(pid, running));
  }

  #ended(pid: number, running: Running, status: number): void {
    const signal = status & 0x7f;
    running.exited = true;
    this.#running.delete(pid);
    running.end.resolve(
      signal === 0
        ? { code: (status >> 8) & 0xff, signal: null }
        : { code: null, signal: (signalNames.get(signal) ?? 'SIGKILL') as NodeJS.Signals },
    );
  }

  #gone(problem: string): void {
    this.#problem ??= problem;
    for (const { started } of this.#starting.values())
      started.reject(new GlideinError('RuntimeFailed', problem));
    this.#starting.clear();
    // Its payloads die with it. That is not proof, so whoever waits for them looks for what they have left.
    for (const [pid, running] of this.#running) this.#ended(pid, running, constants.signals.SIGKILL);
  }
}
