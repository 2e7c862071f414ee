import { count } from '#base/count.ts';
import type { Finding } from '../status/conditions.ts';
import { type GroupSnapshot, openBreaker, whatBlocks } from './snapshot.ts';

/** The conditions of a group, all derived from one snapshot so that no two disagree. */
export function findingsOf(snapshot: GroupSnapshot): readonly Finding[] {
  return [readyOf(snapshot), pressureOf(snapshot), healthOf(snapshot), progressOf(snapshot)];
}

/** Whether the group can get pilots at all. */
function readyOf(snapshot: GroupSnapshot): Finding {
  const type = 'Ready';
  const blocked = whatBlocks(snapshot);
  if (blocked !== undefined) return { type, status: 'False', ...blocked };
  const message = `Pilots can be created${snapshot.isolation}`;
  return { type, status: 'True', reason: 'CanCreate', message };
}

function pressureOf({ pool, unknown }: GroupSnapshot): Finding {
  const type = 'PressureKnown';
  if (unknown !== undefined) {
    const message = `Which jobs wait in the pool ${pool} is unknown: ${unknown}`;
    return { type, status: 'False', reason: 'PoolUnknown', message };
  }
  return { type, status: 'True', reason: 'PoolAnswers', message: `The pool ${pool} says which jobs wait` };
}

/** Whether pilots that are created get to work. */
function healthOf(snapshot: GroupSnapshot): Finding {
  const { start, lastFailure, avoided } = snapshot;
  const type = 'Healthy';
  const open = openBreaker(snapshot);
  if (open !== undefined) return { type, status: 'False', ...open };
  const last = lastFailure === undefined ? '' : `. The last failure was that of ${lastFailure}`;
  if (start !== undefined) return { type, status: 'False', ...start };
  const away = avoided.length === 0 ? '' : `. Pilots keep away from ${avoided.join(', ')} for a while`;
  const message = `No pilot that was created is kept from starting${last}${away}`;
  return { type, status: 'True', reason: 'PilotsStart', message };
}

/** Whether the number of pilots is changing, and if not, why not. */
function progressOf(snapshot: GroupSnapshot): Finding {
  const type = 'Progressing';
  const { starting, start, unscheduled, unknown, wanted, working, limits } = snapshot;
  if (starting > 0) {
    const message = `${count(starting, 'pilot is', 'pilots are')} on the way`;
    const waits = start ?? unscheduled;
    if (waits === undefined) return { type, status: 'True', reason: 'PilotsStarting', message };
    return { type, status: 'True', reason: waits.reason, message: `${message}; ${waits.message}` };
  }
  const blocked = whatBlocks(snapshot);
  if (blocked !== undefined) return { type, status: 'False', ...blocked };
  const no = (reason: string, message: string): Finding => ({ type, status: 'False', reason, message });
  if (unknown !== undefined) {
    return no('DemandUnknown', `Nothing is created while it is unknown which jobs wait: ${unknown}`);
  }
  if (wanted === undefined) return no('Undecided', 'Nothing has been decided yet');
  if (limits.length > 0) return no('Limited', `Held back by ${limits.join(' and ')}`);
  if (wanted === working) return no('AsWanted', 'There are as many pilots as wanted');
  if (wanted > working) {
    const more = count(wanted - working, 'more pilot is', 'more pilots are');
    return { type, status: 'True', reason: 'Growing', message: `${more} to be created` };
  }
  const fewer = count(working - wanted, 'pilot is', 'pilots are');
  return { type, status: 'True', reason: 'Shrinking', message: `${fewer} no longer wanted and may leave` };
}
