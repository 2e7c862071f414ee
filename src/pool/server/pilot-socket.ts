import type { RawData, WebSocket } from 'ws';
import type { Clock, Timer } from '#base/clock.ts';
import { GlideinError, isCode } from '#base/error.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { ClaimRef } from '#wire/claim.ts';
import { type Finished, type Hello, type PilotMessage, pilotMessage } from '#wire/pilot-messages.ts';
import { protocolVersion, speaks } from '#wire/protocol.ts';
import { type ReadMessage, readMessage, type UnreadableMessage } from '#wire/read-message.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Bearer } from '../auth/tokens.ts';
import type { Pilot, PilotConnection } from '../collector/pilot.ts';
import type { Claims } from '../negotiator/claims.ts';
import type { Pilots } from '../negotiator/pilots.ts';
import type { Ledger } from '../queue/ledger.ts';
import { type Admitting, admit } from '../registry/admission.ts';
import type { Bidders } from '../registry/bidders.ts';
import type { Blobs } from '../spool/blobs.ts';
import { withOutputs } from '../spool/output-list.ts';
import { PilotOutbox } from './pilot-outbox.ts';
import { salvage } from './salvage.ts';
import type { Sessions } from './sessions.ts';
import { SocketFlow } from './socket-flow.ts';

/** The parts of the pool that a pilot's socket needs. */
export type SocketPool = Admitting & {
  readonly bidders: Bidders;
  readonly authenticator: Pick<Authenticator, 'verify'>;
  readonly pilots: Pilots;
  readonly claims: Claims;
  readonly ledger: Pick<Ledger, 'settled'>;
  readonly blobs: Blobs;
  readonly metrics: {
    unreadable(): void;
    readonly executions: { containerStarted(seconds: number | undefined): void };
  };
  readonly settings: { readonly leaseSeconds: number };
  readonly clock: Clock;
  readonly logger: Logger;
  inBackground(work: Promise<unknown>): void;
};

/** WebSocket close code 1008, Policy Violation: trying again will not help. */
const refused = 1008;

/** WebSocket close code 1013, Try Again Later: the pilot comes back soon. */
const tryAgain = 1013;

/** Milliseconds that a pilot has to send its hello. */
const helloPatience = 15_000;

/** Milliseconds between pings; a pilot that has not answered the last one is disconnected. */
const pingInterval = 30_000;

/**
 * The pool's end of one pilot's socket.
 *
 * | state      | event                              | then                                           |
 * |------------|------------------------------------|------------------------------------------------|
 * | opened     | hello of the token's uid           | registered: welcome, then what it never heard  |
 * | opened     | hello before its site's operator has announced it | closed, 1013: it tries again    |
 * | opened     | hello while another process of the pilot is connected, or holds claims | closed, 1013, after a welcome that drops what is over |
 * | opened     | hello of a connection that its pilot gave up before its newest | closed, 1013                       |
 * | opened     | anything else, or 15 s of silence  | closed, 1008                                   |
 * | registered | started, checkpointed, finished, renew, draining, serving, slot, session | handled |
 * | registered | slot with an ad that does not parse | closed, 1008                                  |
 * | registered | one of them that breaks its schema | what can be saved of it is handled: its claim ends with the reason |
 * | registered | anything else that is not understood | passed over and counted                       |
 * | registered | leaving                            | the pilot is forgotten, closed                 |
 * | registered | another socket of the pilot says hello, or the pilot is forgotten | closed, 1000    |
 * | any        | the token's end                    | closed, 1000: it comes back with a new token   |
 * | any        | no answer to a ping                | cut off; the pilot stays registered            |
 */
export class PilotSocket {
  readonly #pool: SocketPool;
  readonly #socket: WebSocket;
  readonly #uid: string;
  readonly #bearer: Bearer;
  readonly #flow: SocketFlow;
  readonly #outbox: PilotOutbox;
  readonly #sessions: Pick<Sessions, 'heard' | 'disconnected'>;
  readonly #timers = new Set<Timer>();
  #pilot: Pilot | undefined;
  #answeredPing = true;
  #unreadable = 0;

  readonly #connection: PilotConnection = {
    send: (message) => this.#outbox.send(JSON.stringify(message)),
    sendPrinted: (message) => this.#outbox.send(message),
    close: (reason) => this.#close(1000, reason),
  };

  /** @param beforeWrite called before each message is written */
  constructor(
    pool: SocketPool,
    socket: WebSocket,
    bearer: Bearer,
    sessions: Pick<Sessions, 'heard' | 'disconnected'>,
    beforeWrite: () => void = () => {},
  ) {
    this.#sessions = sessions;
    this.#pool = pool;
    this.#socket = socket;
    this.#uid = bearer.subject;
    this.#bearer = bearer;
    this.#flow = new SocketFlow(socket, pool.clock);
    this.#outbox = new PilotOutbox((message) => {
      if (socket.readyState !== socket.OPEN) return;
      beforeWrite();
      this.#flow.send(message);
    });
    socket.on('message', (data) => this.#hear(data));
    socket.on('pong', () => {
      this.#answeredPing = true;
    });
    socket.on('close', () => this.#gone());
    socket.on('error', (error) => pool.logger.debug({ pilot: this.#uid, err: error }, 'pilot socket failed'));
    this.#after(helloPatience, () => {
      if (this.#pilot === undefined) this.#close(refused, 'no hello came in time');
    });
    this.#after(bearer.expiresAt - pool.clock.wall(), () =>
      this.#close(1000, 'the token expired: reconnect with a new one'),
    );
    this.#ping();
  }

  #hear(data: RawData): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const text = textOf(data);
    this.#flow.heard(text.length);
    try {
      const read = readMessage(pilotMessage, text);
      if (this.#pilot === undefined) this.#register(read);
      else this.#handle(this.#pilot, read);
    } catch (error) {
      const { logger } = this.#pool;
      logger.warn({ pilot: this.#uid, err: error }, 'pilot message refused');
      this.#close(
        isCode(error, 'Unavailable') ? tryAgain : refused,
        error instanceof GlideinError ? error.message : 'the pool failed; its log says why',
      );
    }
  }

  #register(read: ReadMessage<PilotMessage>): void {
    if (!read.ok && (read.type === 'hello' || read.type === undefined))
      throw new GlideinError('InvalidMessage', `the hello cannot be read: ${read.reason}`);
    const message = read.ok ? read.message : undefined;
    if (message?.type !== 'hello')
      throw new GlideinError('InvalidMessage', 'the first message must be hello');
    check(message, this.#uid);
    const pool = this.#pool;
    const hello = admit(pool, this.#bearer, message);
    const twin = pool.collector.twinOf(hello);
    if (twin !== undefined) {
      this.#sendAway(pool.claims.overOf(twin, message.claims));
      return;
    }
    const pilot = pool.pilots.register(hello, this.#connection);
    this.#pilot = pilot;
    const { drop, resend } = pool.claims.reconcile(pilot, message.claims);
    this.#welcome(drop, () => {});
    resend();
    if (pilot.drainReason !== undefined && !message.draining)
      this.#connection.send({ type: 'drain', reason: pilot.drainReason });
    if (pilot.order === 'resume') this.#connection.send({ type: 'resume' });
    pool.logger.info(
      { pilot: hello.name, uid: this.#uid, group: hello.group, site: hello.site },
      'pilot registered',
    );
    pool.pilots.changed();
  }

  /** @param then called after the welcome is sent */
  #welcome(drop: readonly ClaimRef[], then: () => void): void {
    const { ledger, settings } = this.#pool;
    const welcomed = this.#outbox.welcome(drop, settings.leaseSeconds, ledger.settled());
    this.#pool.inBackground(welcomed.then(then));
  }

  /** Refuses a second process with the same uid: otherwise they would replace each other for ever, and end each other's jobs. */
  #sendAway(drop: readonly ClaimRef[]): void {
    this.#pool.logger.warn({ uid: this.#uid, drop: drop.length }, 'two processes claim to be one pilot');
    const close = () => this.#close(tryAgain, 'another process of this pilot is connected, or holds claims');
    if (drop.length === 0) close();
    else this.#welcome(drop, close);
  }

  #handle(pilot: Pilot, read: ReadMessage<PilotMessage>): void {
    const pool = this.#pool;
    // The pilot was removed, or another connection has replaced this one: messages here must not renew anything.
    if (pilot.connection !== this.#connection) {
      this.#close(1000, 'this connection is over');
      return;
    }
    pilot.heardAt = pool.clock.monotonic();
    if (!read.ok) this.#countUnreadable(read);
    const message = read.ok ? read.message : salvage(read, pool.clock.wall());
    if (message?.type === 'session') this.#sessions.heard(this.#uid, message);
    else if (message !== undefined) this.#obey(pilot, message);
  }

  #obey(pilot: Pilot, message: Exclude<PilotMessage, { type: 'session' }>): void {
    const pool = this.#pool;
    switch (message.type) {
      case 'hello':
        return;
      case 'started':
        pool.claims.started(pilot, message.claim, message.at);
        pool.metrics.executions.containerStarted(message.containerSeconds);
        return;
      case 'finished':
        pool.inBackground(this.#finish(pilot, message));
        return;
      case 'checkpointed':
        pool.inBackground(pool.claims.checkpointed(pilot, message));
        return;
      case 'renew':
        this.#outbox.renewed(message.sequence);
        return;
      case 'draining':
        pilot.saysDraining(message.reason, pool.clock.monotonic());
        pool.pilots.changed();
        return;
      case 'serving':
        pilot.saysServing();
        pool.pilots.changed();
        return;
      case 'slot':
        pool.pilots.slotChanged(pilot, message.slot);
        return;
      case 'leaving':
        pool.inBackground(pool.pilots.lose(pilot.facts.uid, `the pilot left: ${message.reason}`));
        return;
    }
  }

  #finish(pilot: Pilot, message: Finished): Promise<void> {
    const { blobs, claims } = this.#pool;
    if (message.outputList === undefined) return claims.finished(pilot, message);
    return withOutputs(blobs, message).then((whole) => claims.finished(pilot, whole));
  }

  /** Logs only when the count reaches a power of two: a pilot that keeps sending nonsense must not fill the log. */
  #countUnreadable({ type, claim, reason }: UnreadableMessage): void {
    const { logger, metrics } = this.#pool;
    metrics.unreadable();
    this.#unreadable += 1;
    if (!Number.isInteger(Math.log2(this.#unreadable))) return;
    logger.warn(
      { pilot: this.#uid, type, claim: claim?.id, problem: reason, soFar: this.#unreadable },
      'pilot message not understood',
    );
  }

  #ping(): void {
    this.#after(pingInterval, () => {
      if (!this.#answeredPing && !this.#flow.moves()) {
        this.#socket.terminate();
        return;
      }
      this.#answeredPing = false;
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
      this.#ping();
    });
  }

  #after(milliseconds: number, run: () => void): void {
    const timer = this.#pool.clock.after(milliseconds, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }

  #gone(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#flow.close();
    this.#sessions.disconnected(this.#connection);
    this.#pool.pilots.disconnected(this.#uid, this.#connection);
  }

  #close(code: number, reason: string): void {
    this.#socket.close(code, closeReason(reason));
  }
}

/** With the server's settings every message comes as one Buffer. */
const textOf = (data: RawData): string => (Buffer.isBuffer(data) ? data.toString('utf8') : '');

function check(message: Hello, uid: string): void {
  if (!speaks(message.protocol)) {
    throw new GlideinError(
      'InvalidMessage',
      `this pool speaks protocol ${protocolVersion}, not ${message.protocol}`,
    );
  }
  if (message.uid !== uid) throw new GlideinError('Forbidden', 'the token belongs to another pilot');
}

/** The protocol allows 123 bytes, and a longer reason would throw; the text may contain what the peer sent. */
function closeReason(reason: string): string {
  const bytes = Buffer.from(reason).subarray(0, 120);
  return bytes.toString('utf8').replace(/\ufffd+$/, '');
}
