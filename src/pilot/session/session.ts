import type { Clock, Timer } from '#base/clock.ts';
import type { ErrorCode } from '#base/error.ts';
import { mostSessionBytes, type SessionAnswer, sessionWindow } from '#wire/session-messages.ts';
import type { SessionEnd, SessionProcess } from './session-process.ts';

/** Milliseconds without input and output after which a session ends. */
export const sessionIdle = 30 * 60_000;

/** Bytes of output that wait here; with more, the command waits. */
const mostWaiting = 2 * mostSessionBytes;

/** What a session needs of its processes. */
export type Running = Pick<
  SessionProcess,
  'write' | 'noMoreInput' | 'resize' | 'pause' | 'resume' | 'end' | 'pid'
>;

export interface SessionOptions {
  /** False: the connection is gone. @param sent called when the message has left this process */
  readonly send: (say: SessionAnswer, sent?: () => void) => boolean;
  readonly clock: Clock;
  /** Called once, when its last process is dead. */
  readonly gone: () => void;
}

interface Piece {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

/**
 * One session: passes on what comes and goes, and never more than there is credit for.
 *
 * | state   | event                                            | next                                                |
 * |---------|--------------------------------------------------|-----------------------------------------------------|
 * | open    | output                                           | waits for credit and for the piece before it        |
 * | open    | output waits that is more than two pieces        | the command is not read, until less waits           |
 * | open    | input without credit                             | ending: InvalidMessage                              |
 * | open    | the command ends                                 | ending, once all output has been sent: its code     |
 * | open    | nothing comes or goes for half an hour           | ending: Timeout                                     |
 * | open    | `close`, or the connection is gone               | ending: nobody is told                              |
 * | ending  | its last process is dead                         | gone                                                |
 *
 * One piece at a time is in the pilot's socket: messages about claims come after at most one piece of each session.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #waiting: Piece[] = [];
  #running: Running | undefined;
  #waitingBytes = 0;
  /** Bytes that may be sent, and that may still come. */
  #credit = sessionWindow;
  #expected = sessionWindow;
  #taken = 0;
  #isSending = false;
  /** The last size that has not been passed on, and whether one is on its way. */
  #size: readonly [rows: number, columns: number] | undefined;
  #isResizing = false;
  #hasInput = true;
  #isPaused = false;
  #end: SessionEnd | undefined;
  #isOver = false;
  #activeAt: number;
  #idle: Timer | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#activeAt = options.clock.monotonic();
  }

  /** The outer process of the session; undefined before there is one. */
  get pid(): number | undefined {
    return this.#running?.pid;
  }

  /** Call this as soon as there are processes. One that was closed meanwhile is ended. */
  runs(running: Running): void {
    this.#running = running;
    if (this.#isOver) {
      void this.#endProcesses(running);
      return;
    }
    this.#options.send({ type: 'opened' });
    this.#watchIdle();
  }

  output(stream: Piece['stream'], data: Buffer): void {
    if (this.#isOver) return;
    for (let at = 0; at < data.length; at += mostSessionBytes)
      this.#waiting.push({ stream, data: data.subarray(at, at + mostSessionBytes) });
    this.#waitingBytes += data.length;
    this.#active();
    this.#send();
    if (this.#waitingBytes > mostWaiting && !this.#isPaused) this.#pause(true);
  }

  /** The command has ended by itself, or could not be run. */
  ended(end: SessionEnd): void {
    this.#end = end;
    this.#send();
  }

  input(data: Buffer): void {
    // Nothing costs no credit, so there might be any amount of it.
    if (this.#running === undefined || this.#isOver || data.length === 0) return;
    this.#expected -= data.length;
    this.#active();
    if (this.#expected < 0) {
      this.fail('InvalidMessage', 'input came without credit');
      return;
    }
    this.#running.write(data, () => this.#inputTaken(data.length));
  }

  noMoreInput(): void {
    if (this.#isOver || !this.#hasInput) return;
    this.#running?.noMoreInput();
    this.#hasInput = this.#running === undefined;
  }

  /** A command that does not read its input holds sizes up as well: only the last one waits. */
  resize(rows: number, columns: number): void {
    if (this.#isOver || this.#running === undefined) return;
    this.#size = [rows, columns];
    this.#resize(this.#running);
  }

  #resize(running: Running): void {
    if (this.#isResizing || this.#isOver || this.#size === undefined) return;
    const [rows, columns] = this.#size;
    this.#size = undefined;
    this.#isResizing = true;
    running.resize(rows, columns, () => {
      this.#isResizing = false;
      this.#resize(running);
    });
  }

  credit(bytes: number): void {
    this.#credit = Math.min(sessionWindow, this.#credit + bytes);
    this.#send();
  }

  /** Ends it, and says why. */
  fail(code: ErrorCode, message: string, cure?: string): void {
    this.#over({ type: 'ended', problem: { code, message, ...(cure === undefined ? {} : { cure }) } });
  }

  /** Ends it; nobody wants to know why. */
  close(): void {
    this.#over(undefined);
  }

  /** A message for each key would cost as much as the key. */
  #inputTaken(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken < sessionWindow / 2 || this.#isOver) return;
    this.#expected += this.#taken;
    this.#options.send({ type: 'credit', bytes: this.#taken });
    this.#taken = 0;
  }

  #send(): void {
    if (this.#isSending || this.#isOver) return;
    const [piece] = this.#waiting;
    if (piece === undefined) {
      if (this.#end !== undefined) this.#tell(this.#end);
      return;
    }
    const { stream, data } = piece;
    if (data.length > this.#credit) return;
    this.#waiting.shift();
    this.#waitingBytes -= data.length;
    this.#credit -= data.length;
    this.#isSending = true;
    const sent = this.#options.send({ type: 'output', stream, data: data.toString('base64') }, () => {
      this.#isSending = false;
      this.#send();
    });
    if (!sent) this.close();
    else if (this.#waitingBytes <= mostWaiting && this.#isPaused) this.#pause(false);
  }

  #tell(end: SessionEnd): void {
    if ('code' in end) this.#over({ type: 'ended', code: end.code });
    else this.fail(end.isJobs ? 'Conflict' : 'RuntimeFailed', end.problem);
  }

  #pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (isPaused) this.#running?.pause();
    else this.#running?.resume();
  }

  /** Whoever hears of the end may rely on it that nothing is left. */
  #over(say: SessionAnswer | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#idle?.cancel();
    const { send, gone } = this.#options;
    const tell = () => {
      if (say !== undefined) send(say);
    };
    if (this.#running !== undefined) void this.#endProcesses(this.#running, tell);
    // Whoever makes its processes asks again.
    else if (say !== undefined) {
      tell();
      gone();
    }
  }

  async #endProcesses(running: Running, tell: () => void = () => {}): Promise<void> {
    await running.end();
    tell();
    this.#options.gone();
  }

  #active(): void {
    this.#activeAt = this.#options.clock.monotonic();
  }

  #watchIdle(): void {
    const { clock } = this.#options;
    const left = this.#activeAt + sessionIdle - clock.monotonic();
    if (left <= 0) this.fail('Timeout', 'nothing has come or gone for half an hour');
    else this.#idle = clock.after(left, () => this.#watchIdle());
  }
}
