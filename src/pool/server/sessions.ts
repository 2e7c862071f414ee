import { randomUUID } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { ClaimRef } from '#wire/claim.ts';
import {
  type SessionAnswer,
  type SessionEnded,
  type SessionFromPilot,
  type SessionRequest,
  type SessionToPilot,
  sessionWindow,
} from '#wire/session-messages.ts';
import type { PilotConnection } from '../collector/pilot.ts';
import { PaceOfSessions } from './pace-of-sessions.ts';

/** The most sessions at the same time: of the pool, and of one bearer of tokens. */
const most = { ofPool: 256, ofBearer: 16 };

/** Who wants to run something, and in what. */
export interface SessionFacts {
  readonly job: string;
  readonly owner: string;
  /** Whoever asks: the owner or an admin. */
  readonly by: string;
  readonly bearer: string;
  readonly claim: ClaimRef;
  readonly pilotUid: string;
  readonly connection: PilotConnection;
}

/** The end of a session at which its client is. */
export interface SessionClient {
  answer(say: SessionAnswer): void;
}

/**
 * Connects the clients of sessions with the pilots of the jobs that they are in.
 *
 * | a session | event                                              | then                                                |
 * |-----------|----------------------------------------------------|-----------------------------------------------------|
 * | –         | a client opens it                                  | the pilot is told; logged with who asked for which job |
 * | open      | input, its end, a size from the client             | passed on to the pilot                              |
 * | open      | output from the pilot                              | passed on to the client                             |
 * | open      | credit from either side                            | passed on, but no sooner than the pace allows       |
 * | open      | input or output without credit                     | over: InvalidMessage, to both                       |
 * | open      | credit for more than has come                      | over: InvalidMessage, to both                       |
 * | open      | the pilot says that it has ended                   | over: the client is told                            |
 * | open      | the client goes                                    | over: the pilot is told                             |
 * | open      | the connection of the pilot ends                   | over: Unavailable, to the client                    |
 */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #options: { readonly clock: Clock; readonly logger: Logger };
  readonly #pace: PaceOfSessions;

  constructor(options: { readonly clock: Clock; readonly logger: Logger }) {
    this.#options = options;
    this.#pace = new PaceOfSessions(options.clock);
  }

  /**
   * Call this before a client is let in, too: `open` may come much later.
   * @throws GlideinError Unavailable while there are too many
   */
  requireRoom(bearer: string): void {
    const own = [...this.#sessions.values()].filter(({ facts }) => facts.bearer === bearer).length;
    if (own >= most.ofBearer)
      throw new GlideinError('Unavailable', `you have ${own} sessions already`, { cure: 'end one of them' });
    if (this.#sessions.size >= most.ofPool)
      throw new GlideinError('Unavailable', 'the pool has too many sessions now', { cure: 'try again' });
  }

  /** @throws GlideinError Unavailable while there are too many */
  open(facts: SessionFacts, client: SessionClient, open: Extract<SessionRequest, { type: 'open' }>): Session {
    this.requireRoom(facts.bearer);
    const { clock, logger } = this.#options;
    const { job, owner, by, pilotUid } = facts;
    const id = randomUUID();
    const openedAt = clock.monotonic();
    const session = new Session(id, facts, client, {
      clock,
      pace: this.#pace,
      over: () => {
        this.#sessions.delete(id);
        if (![...this.#sessions.values()].some((other) => other.facts.pilotUid === pilotUid))
          this.#pace.forget(pilotUid);
        const seconds = Math.round((clock.monotonic() - openedAt) / 1000);
        logger.info({ session: id, job, by, seconds }, 'session in a job ended');
      },
    });
    this.#sessions.set(id, session);
    logger.info(
      { session: id, job, owner, by, pilot: pilotUid, isShell: open.command === undefined },
      'session in a job opened',
    );
    session.tellPilot(open);
    return session;
  }

  heard(pilotUid: string, { session, say }: SessionFromPilot): void {
    const known = this.#sessions.get(session);
    if (known?.facts.pilotUid === pilotUid) known.fromPilot(say);
  }

  /** A connection of a pilot has ended, and its sessions with it. */
  disconnected(connection: PilotConnection): void {
    for (const session of this.#sessions.values())
      if (session.facts.connection === connection)
        session.end({
          code: 'Unavailable',
          message: 'the connection between the pool and the pilot has ended',
        });
  }
}

interface SessionOptions {
  readonly clock: Clock;
  readonly pace: PaceOfSessions;
  readonly over: () => void;
}

/** One session as the pool sees it. */
export class Session {
  readonly facts: SessionFacts;
  readonly #id: string;
  readonly #client: SessionClient;
  readonly #options: SessionOptions;
  /** Bytes that each side may still send. */
  readonly #credit = { client: sessionWindow, pilot: sessionWindow };
  /** Bytes for which credit is to be handed on to each side. */
  readonly #delayed = { client: 0, pilot: 0 };
  #isOver = false;

  constructor(id: string, facts: SessionFacts, client: SessionClient, options: SessionOptions) {
    this.facts = facts;
    this.#id = id;
    this.#client = client;
    this.#options = options;
  }

  tellPilot(say: SessionToPilot['say']): void {
    const { claim, connection } = this.facts;
    connection.send({ type: 'session', session: this.#id, claim, say });
  }

  fromClient(say: SessionRequest): void {
    if (this.#isOver || say.type === 'open') return;
    if (say.type === 'input' && !this.#spend('client', say.data)) return;
    if (say.type === 'credit') this.#handOn('pilot', say.bytes, () => this.tellPilot(say));
    else this.tellPilot(say);
  }

  fromPilot(say: SessionAnswer): void {
    if (this.#isOver) return;
    if (say.type === 'output' && !this.#spend('pilot', say.data)) return;
    if (say.type === 'credit') this.#handOn('client', say.bytes, () => this.#client.answer(say));
    else this.#client.answer(say);
    if (say.type === 'ended') this.#over();
  }

  /** The client is gone. */
  clientGone(): void {
    if (this.#isOver) return;
    this.tellPilot({ type: 'close' });
    this.#over();
  }

  end(problem: NonNullable<SessionEnded['problem']>): void {
    if (this.#isOver) return;
    this.#client.answer({ type: 'ended', problem });
    this.#over();
  }

  /** @returns whether the side had credit for it */
  #spend(side: 'client' | 'pilot', data: string): boolean {
    this.#credit[side] -= bytesOf(data);
    if (this.#credit[side] >= 0) return true;
    this.#refuse(`the ${side} of the session has sent more than it may`);
    return false;
  }

  /**
   * Hands credit on to a side. Its sum is bounded, because what one session is given is paced together with all others: whoever could
   * give without end would make all of them wait.
   */
  #handOn(side: 'client' | 'pilot', bytes: number, tell: () => void): void {
    if (this.#credit[side] + this.#delayed[side] + bytes > sessionWindow) {
      this.#refuse(`the ${side} of the session was given credit for more than it has sent`);
      return;
    }
    this.#delayed[side] += bytes;
    const give = () => {
      if (this.#isOver) return;
      this.#delayed[side] -= bytes;
      this.#credit[side] += bytes;
      tell();
    };
    const delay = this.#options.pace.delay(this.facts.pilotUid, bytes);
    if (delay === 0) give();
    else this.#options.clock.after(delay, give);
  }

  #refuse(message: string): void {
    this.tellPilot({ type: 'close' });
    this.end({ code: 'InvalidMessage', message });
  }

  #over(): void {
    this.#isOver = true;
    this.#options.over();
  }
}

/** What is in a text of Base64; nothing is decoded for that. */
const bytesOf = (data: string): number =>
  Math.floor((data.length * 3) / 4) - (/=*$/.exec(data)?.[0].length ?? 0);
