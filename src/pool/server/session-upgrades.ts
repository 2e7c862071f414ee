import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Clock, Timer } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { Logger } from '#telemetry/logger.ts';
import { readMessage } from '#wire/read-message.ts';
import { type SessionAnswer, type SessionRequest, sessionRequest } from '#wire/session-messages.ts';
import type { AuditTrail, Owned } from '../audit/audit-trail.ts';
import { requireOwner, requireRole, requireScope } from '../auth/access.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Bearer } from '../auth/tokens.ts';
import type { Collector } from '../collector/collector.ts';
import { type Job, jobName } from '../jobs/job.ts';
import type { JobSources } from '../queue/history.ts';
import { bearerName } from './bearer-name.ts';
import type { Connections } from './connections.ts';
import { endWith } from './end-with.ts';
import { namedJob, ownedJob } from './named-job.ts';
import { isRefusal } from './record-refusals.ts';
import type { Session, SessionFacts, Sessions } from './sessions.ts';
import { SocketFlow } from './socket-flow.ts';

/** The parts of the pool that sessions need. */
export type SessionPool = JobSources & {
  readonly authenticator: Pick<Authenticator, 'verify'>;
  readonly collector: Collector;
  readonly audit: Pick<AuditTrail, 'doer' | 'record' | 'denied'>;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** The largest message of a client: a long command. */
const largest = 2 ** 17;

/** Milliseconds: that a client has to say what it wants; between pings. */
const patience = { open: 15_000, ping: 30_000 };

/** WebSocket close codes: Policy Violation, and Going Away. */
const refused = 1008;
const goingAway = 1001;

const place = /^\/v1\/jobs\/([0-9]+(?:\.[0-9]+)?)\/session$/;

/** Upgrades requests for `/v1/jobs/JOB/session` of whoever may run something in the job to WebSockets. */
export class SessionUpgrades {
  readonly #pool: SessionPool;
  readonly #connections: Connections;
  readonly #sessions: Sessions;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largest,
    perMessageDeflate: false,
  });

  constructor(pool: SessionPool, connections: Connections, sessions: Sessions) {
    this.#pool = pool;
    this.#connections = connections;
    this.#sessions = sessions;
    this.#sockets.on('wsClientError', (error, socket) =>
      endWith(socket, new GlideinError('InvalidMessage', `this is no WebSocket handshake: ${error.message}`)),
    );
  }

  isFor({ url = '' }: IncomingMessage): boolean {
    return place.test(url);
  }

  take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    let bearer: Bearer | undefined;
    const admitted = this.#pool.authenticator.verify(request.headers.authorization).then((verified) => {
      bearer = verified;
      return this.#admit(request, socket, head, verified);
    });
    admitted.catch((error: unknown) => {
      if (isRefusal(error)) this.#refused(request, bearer, error);
      if (error instanceof GlideinError) endWith(socket, error);
      else {
        this.#pool.logger.error({ err: error }, 'no session could be opened');
        socket.destroy();
      }
    });
  }

  close(): void {
    for (const socket of this.#sockets.clients) {
      socket.close(goingAway, 'the pool ends');
      socket.terminate();
    }
    this.#sockets.close();
  }

  #refused(request: IncomingMessage, bearer: Bearer | undefined, { message }: GlideinError): void {
    const { audit } = this.#pool;
    const [, job = ''] = place.exec(request.url ?? '') ?? [];
    audit.denied(audit.doer(request, bearer), 'ssh', { object: job, reason: message });
  }

  async #admit(request: IncomingMessage, socket: Duplex, head: Buffer, bearer: Bearer): Promise<void> {
    requireRole(bearer, 'submitter');
    requireScope(bearer, 'compute.modify');
    this.#connections.proved(socket, bearerName(bearer));
    const [, name = ''] = place.exec(request.url ?? '') ?? [];
    const { owned, ...facts } = await this.#factsOf(name, bearer);
    this.#sessions.requireRoom(facts.bearer);
    const { audit } = this.#pool;
    await audit.record(audit.doer(request, bearer), 'ssh', { object: facts.pilotUid }, owned);
    this.#sockets.handleUpgrade(request, socket, head, (opened) => {
      new SessionSocket(this.#pool.clock, opened, (client, open) => {
        this.#requireConnection(facts);
        return this.#sessions.open(facts, client, open);
      });
    });
  }

  /** A pilot may have gone since its client was let in, and then nobody would ever say that the session is over. */
  #requireConnection({ job, pilotUid, connection }: SessionFacts): void {
    if (this.#pool.collector.get(pilotUid)?.connection !== connection) throw notConnected(job);
  }

  /** @throws GlideinError NotFound, Forbidden, Conflict if it does not run, Unavailable or Unsupported if its pilot cannot */
  async #factsOf(name: string, bearer: Bearer): Promise<SessionFacts & { readonly owned: Owned }> {
    const job = await namedJob(this.#pool, name);
    const id = jobName(job);
    requireOwner(bearer, job.cluster.owner, id);
    const { claim } = job;
    if (claim === undefined || job.state !== 'Running')
      throw new GlideinError('Conflict', whyNotRunning(job));
    const pilot = this.#pool.collector.get(claim.pilotUid);
    if (pilot?.connection === undefined) throw notConnected(id);
    if (pilot.sessions === undefined)
      throw new GlideinError('Unsupported', `the pilot of job ${id} is older than sessions`);
    if (pilot.sessions === 'Refused')
      throw new GlideinError('Forbidden', `the group ${pilot.facts.group} lets nobody into its jobs`, {
        cure: `\`glidein logs -f ${id}\` shows what the job prints`,
      });
    return {
      owned: ownedJob(job),
      job: id,
      owner: job.cluster.owner,
      by: bearer.subject,
      bearer: bearerName(bearer),
      claim: claim.ref,
      pilotUid: claim.pilotUid,
      connection: pilot.connection,
    };
  }
}

const notConnected = (job: string): GlideinError =>
  new GlideinError('Unavailable', `the pilot of job ${job} is not connected now`, { cure: 'try again' });

function whyNotRunning(job: Job): string {
  const id = jobName(job);
  switch (job.state) {
    case 'Idle':
      return `job ${id} is waiting, and does not run yet`;
    case 'Held':
      return `job ${id} is held and does not run: ${job.hold?.reason ?? 'no reason is known'}`;
    case 'Removed':
      return `job ${id} was removed`;
    default:
      return `job ${id} has ended`;
  }
}

/** @throws GlideinError Unavailable */
type Open = (
  client: { answer(say: SessionAnswer): void },
  open: Extract<SessionRequest, { type: 'open' }>,
) => Session;

/** The pool's end of the socket of a session's client. */
class SessionSocket {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #flow: SocketFlow;
  readonly #open: Open;
  #session: Session | undefined;
  #answeredPing = true;
  #timer: Timer;

  constructor(clock: Clock, socket: WebSocket, open: Open) {
    this.#socket = socket;
    this.#clock = clock;
    this.#open = open;
    this.#flow = new SocketFlow(socket, clock);
    socket.on('message', (data) => this.#hear(data));
    socket.on('pong', () => {
      this.#answeredPing = true;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#timer.cancel();
      this.#flow.close();
      this.#session?.clientGone();
    });
    this.#timer = clock.after(patience.open, () => this.#ping());
  }

  #hear(data: RawData): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const text = Buffer.isBuffer(data) ? data.toString('utf8') : '';
    this.#flow.heard(text.length);
    const read = readMessage(sessionRequest, text);
    if (!read.ok) this.#refuse(read.reason);
    else if (this.#session !== undefined) this.#session.fromClient(read.message);
    else if (read.message.type !== 'open') this.#refuse('the first message must be open');
    else this.#begin(read.message);
  }

  #begin(open: Extract<SessionRequest, { type: 'open' }>): void {
    try {
      this.#session = this.#open({ answer: (say) => this.#answer(say) }, open);
    } catch (error) {
      if (!(error instanceof GlideinError)) throw error;
      const { code, message, cure } = error;
      this.#answer({
        type: 'ended',
        problem: { code, message, ...(cure === undefined ? {} : { cure }) },
      });
    }
  }

  #refuse(message: string): void {
    this.#answer({ type: 'ended', problem: { code: 'InvalidMessage', message } });
  }

  #answer(say: SessionAnswer): void {
    this.#flow.send(JSON.stringify(say));
    if (say.type === 'ended') this.#socket.close(say.problem?.code === 'InvalidMessage' ? refused : 1000);
  }

  #ping(): void {
    if (this.#session === undefined || (!this.#answeredPing && !this.#flow.moves())) {
      this.#socket.terminate();
      return;
    }
    this.#answeredPing = false;
    this.#socket.ping();
    this.#timer = this.#clock.after(patience.ping, () => this.#ping());
  }
}
