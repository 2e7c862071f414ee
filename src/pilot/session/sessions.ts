import type { Clock } from '#base/clock.ts';
import { describeError, GlideinError } from '#base/error.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { ClaimRef } from '#wire/claim.ts';
import type { SessionAnswer, SessionFromPilot, SessionOpen, SessionToPilot } from '#wire/session-messages.ts';
import type { Guardian } from '../runtime/guardian.ts';
import { placeJoin } from './join.ts';
import { openNamespaces } from './namespaces.ts';
import { Session } from './session.ts';
import { type SessionCommand, SessionProcess } from './session-process.ts';

/** A running payload, as far as a session in it needs to know it. */
export interface SessionPlace {
  /** The outer process of its container. */
  readonly leader: number;
  readonly isRunning: () => boolean;
  /** The outer processes of sessions: what is below them counts as the payload's. */
  readonly guests: Set<number>;
  readonly home: string;
  readonly bounds: SessionCommand['bounds'];
}

export interface SessionsOptions {
  /** The pilot's own directory. */
  readonly directory: string;
  readonly isAllowed: boolean;
  /** The payload of a claim; undefined: it does not run now. */
  readonly find: (claim: ClaimRef) => SessionPlace | undefined;
  readonly send: (message: SessionFromPilot, sent?: () => void) => boolean;
  readonly guardian: Pick<Guardian, 'add' | 'drop'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The most sessions of one pilot at the same time. */
export const mostSessions = 8;

/** The sessions in payloads of a pilot, as `glidein ssh` opens them. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<string, Session>();
  #program: Promise<string> | undefined;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  heard({ session: id, claim, say }: SessionToPilot): void {
    if (say.type === 'open') {
      if (!this.#sessions.has(id)) void this.#open(id, claim, say);
      return;
    }
    const session = this.#sessions.get(id);
    if (session !== undefined) tell(session, say);
  }

  /** Nobody can hear of them any more: ends them all. */
  closeAll(): void {
    for (const session of this.#sessions.values()) session.close();
  }

  async #open(id: string, claim: ClaimRef, open: SessionOpen): Promise<void> {
    const { clock, logger } = this.#options;
    const send = (say: SessionAnswer, sent?: () => void) =>
      this.#options.send({ type: 'session', session: id, say }, sent);
    const places: SessionPlace[] = [];
    const session = new Session({
      send,
      clock,
      gone: () => {
        this.#sessions.delete(id);
        if (session.pid !== undefined) for (const { guests } of places) guests.delete(session.pid);
        logger.info({ session: id, claim: claim.id }, 'session ended');
      },
    });
    const isFull = this.#sessions.size >= mostSessions;
    this.#sessions.set(id, session);
    try {
      if (isFull) throw new GlideinError('Unavailable', `its pilot has ${mostSessions} sessions already`);
      const place = this.#placeOf(claim);
      places.push(place);
      session.runs(await this.#start(place, open, session));
      logger.info({ session: id, claim: claim.id }, 'session opened');
    } catch (error) {
      const { code, message, cure } =
        error instanceof GlideinError ? error : new GlideinError('RuntimeFailed', describeError(error));
      session.fail(code, message, cure);
      this.#sessions.delete(id);
    }
  }

  #placeOf(claim: ClaimRef): SessionPlace {
    const { isAllowed, find } = this.#options;
    if (!isAllowed) throw new GlideinError('Forbidden', 'the group of its pilot lets nobody into its jobs');
    const place = find(claim);
    if (place === undefined) throw new GlideinError('Conflict', 'the job does not run yet, or not any more');
    return place;
  }

  async #start(place: SessionPlace, open: SessionOpen, session: Session): Promise<SessionProcess> {
    const { directory, guardian, clock } = this.#options;
    this.#program ??= placeJoin(directory);
    const program = await this.#program;
    const joinable = await openNamespaces(place.leader, place.isRunning);
    const started = new SessionProcess({
      joinable,
      program,
      owner: directory,
      guardian,
      clock,
      command: commandOf(open),
      environment: new Map([
        ['HOME', place.home],
        ...(open.terminal ? [['TERM', open.terminal.name] as const] : []),
      ]),
      terminal: open.terminal,
      bounds: place.bounds,
      output: (stream, data) => session.output(stream, data),
      ended: (end) => session.ended(end),
    });
    if (started.pid !== undefined) place.guests.add(started.pid);
    return started;
  }
}

function tell(session: Session, say: Exclude<SessionToPilot['say'], SessionOpen>): void {
  switch (say.type) {
    case 'input':
      session.input(Buffer.from(say.data, 'base64'));
      return;
    case 'noInput':
      session.noMoreInput();
      return;
    case 'size':
      session.resize(say.rows, say.columns);
      return;
    case 'credit':
      session.credit(say.bytes);
      return;
    case 'close':
      session.close();
      return;
  }
}

/** The image may have no bash, but it has what its payload began with. */
const shell = 'if [ -x /bin/bash ]; then exec /bin/bash; else exec /bin/sh; fi';

const commandOf = ({ command }: SessionOpen): SessionCommand['command'] => [
  '/bin/sh',
  '-c',
  command ?? shell,
];
