import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Clock, Timer } from '#base/clock.ts';
import { type ErrorCode, errorCatalogue, GlideinError } from '#base/error.ts';
import type { Problem } from '#wire/problem.ts';
import { readMessage } from '#wire/read-message.ts';
import {
  mostSessionBytes,
  type SessionAnswer,
  type SessionEnded,
  type SessionOpen,
  type SessionRequest,
  sessionAnswer,
  sessionWindow,
} from '#wire/session-messages.ts';
import { connectionFailure } from './connection-failure.ts';
import { currentCa, type PoolAddress } from './pool-address.ts';
import { refusalOf } from './refusal-reason.ts';
import { userAgent } from './user-agent.ts';

/** Milliseconds: to connect; between pings, each of which must be answered before the next. */
const patience = { handshake: 15_000, ping: 30_000 };

export interface SessionLinkOptions {
  readonly address: PoolAddress;
  /** Such as `12.3`. */
  readonly job: string;
  readonly open: Omit<SessionOpen, 'type'>;
  readonly clock: Clock;
  /** @param taken call this when the data has been passed on: only then may more come */
  readonly output: (stream: 'stdout' | 'stderr', data: Buffer, taken: () => void) => void;
  /** Input may be sent from now on. */
  readonly opened: () => void;
  /** Less input waits than may be under way. */
  readonly drained: () => void;
}

/** The client's end of a session in a running job. */
export class SessionLink {
  readonly #options: SessionLinkOptions;
  readonly #socket: WebSocket;
  readonly #input: (Buffer | 'end')[] = [];
  #credit = 0;
  #owed = 0;
  #isAlive = true;
  #ping: Timer | undefined;
  #isClosed = false;
  /** Resolves with the exit code. @throws GlideinError when there is none */
  readonly ended: Promise<number>;

  private constructor(socket: WebSocket, options: SessionLinkOptions) {
    this.#socket = socket;
    this.#options = options;
    this.ended = new Promise((resolve, reject) => this.#follow(resolve, reject));
  }

  /** @throws GlideinError when the address has no token or no authority */
  static async open(options: SessionLinkOptions): Promise<SessionLink> {
    const { address, job } = options;
    const url = new URL(`/v1/jobs/${job}/session`, address.url);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const ca = await currentCa(address);
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${await address.token()}`, 'user-agent': userAgent },
      handshakeTimeout: patience.handshake,
      maxPayload: 2 ** 20,
      perMessageDeflate: false,
      ...(ca === undefined ? {} : { ca }),
    });
    return new SessionLink(socket, options);
  }

  /** @returns whether more may be written now; otherwise wait for `drained` */
  write(data: Buffer): boolean {
    for (let at = 0; at < data.length; at += mostSessionBytes)
      this.#input.push(data.subarray(at, at + mostSessionBytes));
    this.#sendInput();
    return this.#input.length === 0;
  }

  noMoreInput(): void {
    this.#input.push('end');
    this.#sendInput();
  }

  resize(rows: number, columns: number): void {
    this.#say({ type: 'size', rows, columns });
  }

  /** The session ends, and with it whatever it has started. */
  close(): void {
    this.#isClosed = true;
    this.#socket.close(1000);
  }

  #say(message: SessionRequest): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #sendInput(): void {
    for (let [next] = this.#input; next !== undefined; [next] = this.#input) {
      if (next !== 'end' && next.length > this.#credit) return;
      this.#input.shift();
      if (next === 'end') this.#say({ type: 'noInput' });
      else {
        this.#credit -= next.length;
        this.#say({ type: 'input', data: next.toString('base64') });
      }
    }
  }

  #follow(resolve: (code: number) => void, reject: (error: unknown) => void): void {
    const { address, open, clock } = this.#options;
    const fail = (error: unknown) => {
      this.#ping?.cancel();
      reject(error);
    };
    const socket = this.#socket;
    socket.on('open', () => {
      this.#say({ type: 'open', ...open });
      this.#watch(clock);
    });
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    socket.on('message', (data) => {
      const read = readMessage(sessionAnswer, Buffer.isBuffer(data) ? data.toString('utf8') : '');
      if (read.ok) this.#hear(read.message, resolve, fail);
    });
    socket.on('unexpected-response', (_request, answer: IncomingMessage) => {
      void refusalOf(answer).then((problem) => fail(problemError(problem, answer.statusCode ?? 0)));
    });
    socket.on('error', (error) => void connectionFailure(address.url, error).then(fail));
    socket.on('close', () => {
      const why = this.#isClosed ? 'you have ended the session' : 'the connection to the pool has ended';
      fail(new GlideinError('Unavailable', why));
    });
  }

  #hear(message: SessionAnswer, resolve: (code: number) => void, fail: (error: unknown) => void): void {
    switch (message.type) {
      case 'opened':
        this.#credit += sessionWindow;
        this.#options.opened();
        this.#sendInput();
        return;
      case 'output': {
        const data = Buffer.from(message.data, 'base64');
        this.#options.output(message.stream, data, () => this.#taken(data.length));
        return;
      }
      case 'credit':
        this.#credit += message.bytes;
        this.#sendInput();
        if (this.#input.length === 0) this.#options.drained();
        return;
      case 'ended':
        this.#ping?.cancel();
        if (message.code === undefined) fail(endError(message));
        else resolve(message.code);
        return;
    }
  }

  #taken(bytes: number): void {
    this.#owed += bytes;
    if (this.#owed < sessionWindow / 4) return;
    this.#say({ type: 'credit', bytes: this.#owed });
    this.#owed = 0;
  }

  #watch(clock: Clock): void {
    this.#ping = clock.after(patience.ping, () => {
      if (!this.#isAlive) {
        this.#socket.terminate();
        return;
      }
      this.#isAlive = false;
      this.#socket.ping();
      this.#watch(clock);
    });
  }
}

const endError = ({ problem }: SessionEnded): GlideinError =>
  errorOf(problem ?? { code: 'Internal', message: 'the session has ended' });

const errorOf = ({ code, message, cure }: NonNullable<SessionEnded['problem']>): GlideinError =>
  new GlideinError(knownCode(code), message, cure === undefined ? {} : { cure });

const knownCode = (code: string): ErrorCode =>
  Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : 'Internal';

/** What an older pool says of all WebSockets but those of pilots. */
const onlyPilots = 'pilots connect to /v1/pilot';

function problemError(problem: Problem | undefined, status: number): GlideinError {
  if (problem === undefined)
    return new GlideinError('Unavailable', `what answers is not a pool: it answered with status ${status}`);
  if (problem.message === onlyPilots)
    return new GlideinError('Unsupported', 'this pool is older than sessions in jobs');
  return errorOf(problem);
}
