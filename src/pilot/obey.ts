import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import type { UnreadableClaim } from '#client/pilot-link.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { PilotMessage } from '#wire/pilot-messages.ts';
import type { PoolMessage, Start, Welcome } from '#wire/pool-messages.ts';
import type { SessionToPilot } from '#wire/session-messages.ts';
import type { PilotLife } from './lifetime/pilot-life.ts';
import type { Payloads } from './payload/payloads.ts';
import type { PilotLease } from './pilot-parts.ts';
import type { Sessions } from './session/sessions.ts';
import { beyondSlot } from './slots/beyond-slot.ts';

/** What the pool commands. */
export interface Commanded {
  readonly life: PilotLife;
  readonly lease: PilotLease;
  readonly payloads: Payloads;
  readonly sessions: Pick<Sessions, 'heard'>;
  readonly slot: () => AdTexts;
  readonly send: (message: PilotMessage) => void;
}

/**
 * Does what a message of the pool says.
 *
 * | message  | what happens                                                                       |
 * |----------|------------------------------------------------------------------------------------|
 * | start    | a payload starts, or is refused: the pilot drains, or the slot is smaller than that |
 * | stop     | a payload is stopped                                                               |
 * | recorded | the result of a claim is forgotten                                                 |
 * | kept     | a checkpoint has arrived, or has not                                               |
 * | renewed  | the lease goes on                                                                  |
 * | work     | the idle clock stops or runs                                                       |
 * | drain    | the pilot accepts no more jobs                                                     |
 * | resume   | it does again, unless something else is against it                                 |
 * | peek     | it sends what a payload has written so far                                         |
 * | session  | somebody runs something beside a payload                                           |
 */
export function obey(message: Exclude<PoolMessage, Welcome>, commanded: Commanded): void {
  if (message.type === 'session') commanded.sessions.heard(message);
  else command(message, commanded);
}

function command(message: Exclude<PoolMessage, Welcome | SessionToPilot>, commanded: Commanded): void {
  const { life, lease, payloads } = commanded;
  switch (message.type) {
    case 'start':
      // It was under way when the lease expired. Nothing would end what runs without a lease; the next hello asks again.
      if (lease.held) start(message, commanded);
      return;
    case 'stop':
      payloads.stop(message.claim, message.reason, message.cause);
      return;
    case 'recorded':
      payloads.recorded(message.claim);
      return;
    case 'kept':
      payloads.kept(message.claim, message.number, message.problem);
      return;
    case 'renewed':
      lease.renewed(message.sequence);
      return;
    case 'work':
      life.apply({ type: 'work', waiting: message.waiting });
      return;
    case 'drain':
      life.apply({ type: 'drain', reason: message.reason, isOrder: true });
      return;
    case 'resume':
      resume(commanded);
      return;
    case 'peek':
      payloads.peek(message);
      return;
  }
}

/** This version cannot read such a job at the next try either: without an answer, the pool would retry for ever. */
export function refuseUnreadable(
  { type, claim, reason }: UnreadableClaim,
  payloads: Pick<Payloads, 'refuse'>,
): void {
  if (type !== 'start') return;
  const why = truncate(`the pilot cannot read this job: ${reason}`, 1000);
  payloads.refuse(claim, startFailed('job', why));
}

function start(message: Start, { life, payloads, slot }: Commanded): void {
  const { phase, reason } = life.now;
  const beyond = beyondSlot(message.resources, slot());
  if (phase !== 'Serving')
    payloads.refuse(message.claim, {
      kind: 'stopped',
      reason: `the pilot accepts no new jobs: ${reason}`,
    });
  else if (beyond === undefined) payloads.start(message);
  else payloads.refuse(message.claim, startFailed('pilot', beyond));
}

/** The pool does not know yet whether the pilot can be taken back: time, or its disk, may be against it. */
function resume({ life, send }: Commanded): void {
  life.apply({ type: 'resume' });
  const { phase, reason } = life.now;
  if (phase === 'Serving') send({ type: 'serving' });
  else if (phase !== 'Leaving') send({ type: 'draining', reason });
}

const startFailed = (blame: 'job' | 'pilot', reason: string): Outcome => ({
  kind: 'startFailed',
  blame,
  holdCode: holdCodes.failedToCreateProcess,
  reason,
});
