import type { Finding } from './conditions.ts';
import type { GroupContext } from './context.ts';
import type { GroupFacts } from './facts.ts';
import { startTroubleOf } from './start-error.ts';
import { unplaced } from './unplaced.ts';

/** What holds for a group, as conditions say it. */
export function findingsOf(context: GroupContext, facts: GroupFacts): readonly Finding[] {
  return [readyOf(facts), pressureOf(context), healthOf(context, facts), progressOf(facts)];
}

/** Whether the group could get pilots at all. */
function readyOf({ blocker, isolation }: GroupFacts): Finding {
  const type = 'Ready';
  if (blocker !== undefined) return { type, status: 'False', ...blocker };
  const how = isolation?.tier === undefined ? '' : ` with isolation ${isolation.tier}`;
  const worse = isolation?.record?.message;
  const message = `Pilots can be created${how}${worse === undefined ? '' : `. Nothing better works: ${worse}`}`;
  return { type, status: 'True', reason: 'CanCreate', message };
}

function pressureOf({ heard, poolName }: GroupContext): Finding {
  const type = 'PressureKnown';
  if (heard.known) {
    return { type, status: 'True', reason: 'PoolAnswers', message: `The pool ${poolName} says what waits` };
  }
  const message = `What waits in the pool ${poolName} is unknown: ${heard.reason}`;
  return { type, status: 'False', reason: 'PoolUnknown', message };
}

/** Whether pilots that are created come to work. */
function healthOf({ memory, spec }: GroupContext, { breaker, pilots }: GroupFacts): Finding {
  const type = 'Healthy';
  const { refusal, lastFailure } = memory;
  const last = lastFailure === undefined ? '' : `. The last one was ${lastFailure}`;
  if (breaker.reason !== undefined) {
    return {
      type,
      status: 'False',
      reason: 'BreakerOpen',
      message: `${breaker.reason.split(';')[0]}${last}`,
    };
  }
  if (refusal !== undefined) {
    const reason = refusal.kind === 'Quota' ? 'QuotaExhausted' : 'CreationRefused';
    return { type, status: 'False', reason, message: refusal.message };
  }
  for (const { pod, name, phase } of pilots) {
    const isOnItsWay = phase === 'Pulling' || phase === 'Starting';
    const trouble = isOnItsWay ? startTroubleOf(pod, spec.startErrors) : undefined;
    if (trouble === undefined) continue;
    const message = `${name} cannot start: ${trouble.reason}: ${trouble.message}`;
    return { type, status: 'False', reason: 'CannotStart', message };
  }
  return { type, status: 'True', reason: 'PilotsStart', message: `Pilots start${last}` };
}

function progressOf({ starting, blocker, plan, pilots }: GroupFacts): Finding {
  const type = 'Progressing';
  if (starting > 0) {
    const message = `${starting === 1 ? '1 pilot is' : `${starting} pilots are`} on the way`;
    const waits = unplaced(pilots);
    if (waits === undefined) return { type, status: 'True', reason: 'PilotsStarting', message };
    return { type, status: 'True', reason: 'WaitingForNode', message: `${message}; ${waits}` };
  }
  if (blocker !== undefined) return { type, status: 'False', reason: 'Blocked', message: blocker.message };
  if (plan.limits.length > 0) {
    return { type, status: 'False', reason: 'Limited', message: `Held back by ${plan.limits[0]?.name}` };
  }
  return { type, status: 'False', reason: 'AsWanted', message: 'There are as many pilots as are wanted' };
}
