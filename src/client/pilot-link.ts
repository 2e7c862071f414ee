import type { IncomingMessage } from 'node:http';
import { type ClientOptions, type RawData, WebSocket } from 'ws';
import { Backoff } from '#base/backoff.ts';
import type { Clock, Timer } from '#base/clock.ts';
import { describeError } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { ClaimRef } from '#wire/claim.ts';
import type { Hello, PilotMessage } from '#wire/pilot-messages.ts';
import { type PoolMessage, poolMessage, type Welcome } from '#wire/pool-messages.ts';
import { maxMessageBytes, speaks } from '#wire/protocol.ts';
import { readMessage } from '#wire/read-message.ts';
import { currentCa, type PoolAddress } from './pool-address.ts';
import { refusalReason } from './refusal-reason.ts';
import { awaitSuccessor } from './token-life.ts';

/** A message about one claim that this version cannot read: what is known of it. */
export interface UnreadableClaim {
  readonly type: string | undefined;
  readonly claim: ClaimRef;
  readonly reason: string;
}

/**
 * What a link tells its owner. Nothing is called after `run` has resolved.
 *
 * **Gotchas.** `welcome` comes again with each connection: whatever was sent on an earlier one and not answered has to be
 * sent again, and the pool may then get it twice. After a refusal the link waits longer; if one message was the cause,
 * sending it first on the next connection would keep all others from the pool. The lease counts from `helloAt`, when `hello`
 * was sent, and not from its answer.
 */
export interface PilotLinkEvents {
  /** A connection is up. `helloAt` is the monotonic time at which its `hello` was sent. */
  welcome(welcome: Welcome, helloAt: number): void;
  /** Any other message of the pool. */
  message(message: Exclude<PoolMessage, Welcome>): void;
  /** A message about one claim came that this version cannot read. */
  unreadable(message: UnreadableClaim): void;
  /** A connection that was up is gone. @param refused whether the pool closed it because of a message from this pilot */
  down(refused: boolean): void;
}

export interface PilotLinkOptions {
  readonly address: PoolAddress;
  /** Called for each connection, because claims and ages change in between. */
  readonly hello: () => Hello;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly events: PilotLinkEvents;
  /** Begins to connect; a WebSocket over the network if absent. */
  readonly connect?: (url: URL, options: ClientOptions) => WebSocket;
}

/** Milliseconds to connect, and again to get the pool's `welcome`. */
const handshakeMilliseconds = 15_000;

/** Milliseconds that the pool gets to answer the pilot's close. */
const goodbyeMilliseconds = 1_000;

/** How a connection ended. `refused`: the pool answered that it does not want this pilot, so there is no point in haste. */
type End = { readonly refused: boolean; readonly welcomed: boolean; readonly reason: string };

/**
 * The pilot's only connection. It is outbound, and is made again and again until the signal aborts.
 *
 * | state      | event                          | next                                                      |
 * |------------|--------------------------------|-----------------------------------------------------------|
 * | waiting    | the delay is over              | connecting                                                |
 * | connecting | open                           | greeting, `hello` sent                                    |
 * | connecting | error, or any HTTP answer      | waiting: longer, with a warning, at 401, 403, 409         |
 * | greeting   | `welcome` of a known version   | up; delays are reset                                      |
 * | greeting   | other version, or 15 s silence | waiting: longer for a version                             |
 * | up         | close, error, `reconnect()`    | waiting; `down` is called                                 |
 * | up         | there is a newer token         | closed by the pilot, waiting; the next connection uses it |
 */
export class PilotLink {
  readonly #options: PilotLinkOptions;
  #socket: WebSocket | undefined;
  #up = false;

  constructor(options: PilotLinkOptions) {
    this.#options = options;
  }

  /**
   * Sends a message if the pool has welcomed this connection. False: nothing was sent; send it again after `welcome`.
   * @param sent called when the message has left this process; never, if the connection breaks before
   */
  send(message: PilotMessage, sent?: () => void): boolean {
    if (!this.#up || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message), sent && ((error) => error ?? sent()));
    return true;
  }

  /** Closes a connection that seems dead; another is tried soon. */
  reconnect(): void {
    this.#socket?.terminate();
  }

  /** Keeps the link up until `signal` aborts; then flushes what was sent and closes the connection. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#options;
    const soon = new Backoff({ first: 100, most: 15_000, random });
    const slow = new Backoff({ first: 5_000, most: 60_000, random });
    while (!signal.aborted) {
      const end = await this.#connection(signal);
      if (signal.aborted) return;
      if (end.welcomed) {
        soon.reset();
        slow.reset();
      }
      const delay = (end.refused ? slow : soon).next();
      logger[end.refused ? 'warn' : 'info'](
        { reason: end.reason, retryInMs: Math.round(delay) },
        end.refused ? 'pool refuses this pilot' : 'connection to the pool is down',
      );
      await sleep(clock, delay, signal);
    }
  }

  async #connection(signal: AbortSignal): Promise<End> {
    const { address, clock, random, connect = openSocket } = this.#options;
    let socket: WebSocket;
    let token: string;
    try {
      const ca = await currentCa(address);
      token = await address.token();
      // A pilot that has said that it leaves must not come back.
      if (signal.aborted) return { refused: false, welcomed: false, reason: 'leaving' };
      socket = connect(pilotUrl(address.url), {
        headers: { authorization: `Bearer ${token}` },
        handshakeTimeout: handshakeMilliseconds,
        maxPayload: maxMessageBytes,
        perMessageDeflate: false,
        ...(ca === undefined ? {} : { ca }),
      });
    } catch (error) {
      return { refused: false, welcomed: false, reason: describeError(error) };
    }
    this.#socket = socket;
    let goodbye: Timer | undefined;
    const close = (reason: string) => {
      socket.close(1000, reason);
      goodbye = clock.after(goodbyeMilliseconds, () => socket.terminate());
    };
    const onAbort = () => close('leaving');
    signal.addEventListener('abort', onAbort, { once: true });
    const late = clock.after(2 * handshakeMilliseconds, () => {
      if (!this.#up) socket.terminate();
    });
    const successor = awaitSuccessor(token, {
      read: address.token,
      clock,
      random,
      found: () => close('reconnecting with a newer token'),
    });
    let refused = false;
    try {
      const end = await this.#lifeOf(socket);
      refused = end.refused;
      return end;
    } finally {
      late.cancel();
      successor.cancel();
      goodbye?.cancel();
      signal.removeEventListener('abort', onAbort);
      this.#socket = undefined;
      if (this.#up) {
        this.#up = false;
        if (!signal.aborted) this.#options.events.down(refused);
      }
    }
  }

  #lifeOf(socket: WebSocket): Promise<End> {
    let helloAt = 0;
    let problem = '';
    let refused = false;
    const refuse = (reason: string) => {
      refused = true;
      problem = reason;
      socket.terminate();
    };
    return new Promise((resolve) => {
      socket.on('open', () => {
        helloAt = this.#options.clock.monotonic();
        socket.send(JSON.stringify(this.#options.hello()));
      });
      socket.on('message', (data) => {
        const message = this.#read(data);
        if (message?.type === 'welcome') {
          if (!speaks(message.protocol)) {
            refuse(`the pool speaks protocol ${message.protocol}, which this pilot does not`);
            return;
          }
          this.#up = true;
          this.#options.events.welcome(message, helloAt);
        } else if (message !== undefined && this.#up) {
          this.#options.events.message(message);
        }
      });
      socket.on('unexpected-response', (_request, answer: IncomingMessage) => {
        const status = answer.statusCode ?? 0;
        problem = `the pool answered with status ${status}`;
        refused = status === 401 || status === 403 || status === 409;
        void refusalReason(answer).then((reason) => {
          if (reason !== undefined) problem += `: ${reason}`;
          socket.terminate();
        });
      });
      socket.on('error', (error) => {
        if (problem === '') problem = describeError(error);
      });
      socket.on('close', (code, reason) => {
        refused ||= refusingCodes.has(code);
        const why = problem !== '' ? problem : `closed with code ${code} ${reason.toString('utf8')}`.trim();
        resolve({ refused, welcomed: this.#up && !refused, reason: why });
      });
    });
  }

  /** An unreadable message about one claim is passed to the owner; any other is logged and ignored. */
  #read(data: RawData): PoolMessage | undefined {
    const read = readMessage(poolMessage, textOf(data));
    if (read.ok) return read.message;
    this.#options.logger.warn({ type: read.type, problem: read.reason }, 'cannot read a message of the pool');
    if (this.#up && read.claim !== undefined)
      this.#options.events.unreadable({ type: read.type, claim: read.claim, reason: read.reason });
    return undefined;
  }
}

const openSocket = (url: URL, options: ClientOptions): WebSocket => new WebSocket(url, options);

/** With the socket's default settings, every message is one Buffer. */
const textOf = (data: RawData): string => (Buffer.isBuffer(data) ? data.toString('utf8') : '');

/** Close codes by which the pool refuses the pilot or a message: protocol, unsupported data, policy, size, its own 44xx. */
const refusingCodes = new Set([1002, 1003, 1007, 1008, 1009, 4400, 4401, 4403, 4409]);

function pilotUrl(pool: string): URL {
  const url = new URL('/v1/pilot', pool);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}
