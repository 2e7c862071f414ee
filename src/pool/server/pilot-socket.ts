import type { WebSocket } from 'ws';
import { GlideinError } from '#base/error.ts';
import { type Hello, type PilotMessage, pilotMessage } from '#wire/pilot-messages.ts';
import type { PoolMessage } from '#wire/pool-messages.ts';
import { protocolVersion, speaks } from '#wire/protocol.ts';
import type { Pilot, PilotConnection } from '../collector/pilot.ts';
import type { Core } from '../core.ts';

/** WebSocket close codes: 1008 is a refusal that trying again will not change. */
const refused = 1008;

/**
 * The pool's end of one pilot's socket.
 *
 * | state   | message                    | then                                         |
 * |---------|----------------------------|----------------------------------------------|
 * | opened  | hello of the token's uid   | registered: welcome, then what it never heard |
 * | opened  | anything else              | closed, 1008                                 |
 * | registered | started, finished, renew, draining | handled                           |
 * | registered | leaving                 | the pilot is forgotten, closed               |
 * | any     | not understood             | closed, 1008                                 |
 */
export function servePilot(core: Core, socket: WebSocket, uid: string): void {
  let pilot: Pilot | undefined;
  const connection: PilotConnection = {
    send: (message: PoolMessage) => socket.send(JSON.stringify(message)),
    close: (reason) => socket.close(1000, reason.slice(0, 100)),
  };
  socket.on('message', (data: Buffer) => {
    try {
      const message = parse(data);
      if (pilot === undefined) pilot = register(core, connection, message, uid);
      else handle(core, pilot, message);
    } catch (error) {
      const reason = error instanceof GlideinError ? error.message : 'internal error';
      core.logger.warn({ pilot: uid, err: error }, 'pilot message refused');
      socket.close(refused, reason.slice(0, 100));
    }
  });
  socket.on('close', () => core.collector.disconnected(uid, connection));
  socket.on('error', (error) => core.logger.debug({ pilot: uid, err: error }, 'pilot socket failed'));
}

function parse(data: Buffer): PilotMessage {
  const parsed = pilotMessage.safeParse(JSON.parse(data.toString('utf8')));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new GlideinError(
    'InvalidMessage',
    `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a message'}`,
  );
}

function register(core: Core, connection: PilotConnection, message: PilotMessage, uid: string): Pilot {
  if (message.type !== 'hello') throw new GlideinError('InvalidMessage', 'the first message must be hello');
  check(message, uid);
  const pilot = core.collector.register(message, connection);
  const { drop, resend } = core.claims.reconcile(pilot, message.claims);
  connection.send({
    type: 'welcome',
    protocol: protocolVersion,
    leaseSeconds: core.settings.leaseSeconds,
    drop: [...drop],
  });
  resend();
  core.logger.info({ pilot: message.name, uid, group: message.group }, 'pilot registered');
  core.supplyChanged(pilot);
  return pilot;
}

function check(message: Hello, uid: string): void {
  if (!speaks(message.protocol)) {
    throw new GlideinError(
      'InvalidMessage',
      `this pool speaks protocol ${protocolVersion}, not ${message.protocol}`,
    );
  }
  if (message.uid !== uid) throw new GlideinError('Forbidden', 'the token belongs to another pilot');
}

function handle(core: Core, pilot: Pilot, message: PilotMessage): void {
  pilot.heardAt = core.clock.monotonic();
  switch (message.type) {
    case 'hello':
      throw new GlideinError('InvalidMessage', 'hello comes once a connection');
    case 'started':
      core.claims.started(pilot, message.claim, message.at);
      return;
    case 'finished':
      void core.claims.finished(pilot, message);
      return;
    case 'renew':
      pilot.connection?.send({ type: 'renewed', sequence: message.sequence });
      return;
    case 'draining':
      pilot.draining = true;
      core.supplyChanged(pilot);
      return;
    case 'leaving':
      void core.pilotGone(pilot.facts.uid, `the pilot left: ${message.reason}`);
      return;
  }
}
