import { expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { createLogger } from '#telemetry/logger.ts';
import type { SessionFromPilot, SessionToPilot } from '#wire/session-messages.ts';
import { Sessions } from './sessions.ts';

const claim = { generation: 'g', id: '1.0.1', epoch: 1 };
const open: SessionToPilot = { type: 'session', session: 's', claim, say: { type: 'open' } };

function sessionsOf(isAllowed: boolean) {
  const said: SessionFromPilot[] = [];
  const sessions = new Sessions({
    directory: '/nowhere',
    isAllowed,
    find: () => undefined,
    send: (message) => said.push(message) > 0,
    guardian: { add: () => {}, drop: () => {} },
    clock: systemClock,
    logger: createLogger('sessions-test', { level: 'silent' }),
  });
  return { sessions, said };
}

it.each([
  [false, 'Forbidden', 'the group of its pilot lets nobody into its jobs'],
  [true, 'Conflict', 'the job does not run yet, or not any more'],
])(
  'a pilot whose group allows sessions (%s) answers %s for a job that does not run',
  async (isAllowed, code, message) => {
    const { sessions, said } = sessionsOf(isAllowed);
    sessions.heard(open);
    sessions.heard({ ...open, say: { type: 'input', data: 'eA==' } });
    await expect
      .poll(() => said)
      .toEqual([{ type: 'session', session: 's', say: { type: 'ended', problem: { code, message } } }]);
  },
);
