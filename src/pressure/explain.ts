import { count } from '#base/count.ts';
import { truncate } from '#base/truncate.ts';
import type { LimitThatBit, Unrunnable } from './decision.ts';
import type { Packed } from './packing.ts';

interface Facts {
  readonly packed: Packed;
  /** Waiting jobs for which the pool's quotas and limits leave no room; they are not packed. */
  readonly limited: number;
  /** Whether jobs wait that the policy does not count. */
  readonly leavesOut: boolean;
  readonly suspended: boolean;
  readonly add: number;
  /** Pilots that are told to leave. */
  readonly going: number;
  readonly limits: readonly LimitThatBit[];
  /** Pilots of the group that are out of contact. */
  readonly outOfContact: number;
}

/** The status of a resource has room for 512 characters, and whoever carries out the decision may add something. */
const longest = 360;
const longestReason = 160;

/** A group's decision in one sentence, such as `12 jobs wait, 4 fit into free slots: 2 more pilots`. */
export function explain(told: Facts): string {
  const { packed, limited, leavesOut, suspended, add, going, limits, outOfContact } = told;
  const { fitNow, fitStarting, unrunnable } = packed.jobs;
  const waiting = Object.values(packed.jobs).reduce((sum, jobs) => sum + jobs, 0);
  const facts = [waitingText(waiting, limited, leavesOut)];
  if (fitNow > 0) facts.push(`${count(fitNow, 'fits', 'fit')} into free slots`);
  if (fitStarting > 0) facts.push(`${count(fitStarting, 'fits', 'fit')} into starting pilots`);
  if (outOfContact > 0) facts.push(`${count(outOfContact, 'pilot is', 'pilots are')} out of contact`);
  const outcome = `${suspended ? 'the group is suspended, ' : ''}${verdict(add, going, suspended)}${held(limits)}`;
  const decided = `${facts.join(', ')}: ${outcome}`;
  const hopeless = unrunnable === 0 ? '' : `. ${hopelessText(packed.unrunnable, unrunnable)}`;
  return truncate(`${decided}${hopeless}`, longest);
}

function waitingText(waiting: number, limited: number, leavesOut: boolean): string {
  const forLimits = `${count(limited, 'job waits', 'jobs wait')} for a quota or limit of the pool`;
  if (waiting === 0 && limited > 0) return forLimits;
  // Without their number, which changes all the time: each change would be a write of a status.
  if (waiting === 0) return leavesOut ? 'Jobs wait, but none that the policy counts' : 'No job waits';
  const facts = count(waiting, 'job waits', 'jobs wait');
  return limited === 0 ? facts : `${facts}, ${limited} more for a quota or limit of the pool`;
}

function verdict(add: number, going: number, suspended: boolean): string {
  if (add > 0) return count(add, 'more pilot');
  if (going === 0) return 'no more pilots';
  return suspended
    ? `${count(going, 'pilot is', 'pilots are')} to leave`
    : `${count(going, 'idle pilot')} may go`;
}

function held(limits: readonly LimitThatBit[]): string {
  const named = limits.filter(({ name }) => name !== 'suspend');
  if (named.length === 0) return '';
  return `, held back by ${named.map(({ name, value }) => `${name} (${value})`).join(' and ')}`;
}

/** Names the most common reason, and counts the others. */
function hopelessText(all: readonly Unrunnable[], jobs: number): string {
  const byReason = new Map<string, number>();
  for (const { reason, count: some } of all) byReason.set(reason, (byReason.get(reason) ?? 0) + some);
  const [[reason, most] = ['', jobs]] = [...byReason].sort(([, a], [, b]) => b - a);
  const others = most < jobs ? `; ${jobs - most} more fit none for other reasons` : '';
  return `${count(most, 'job fits', 'jobs fit')} no group: ${truncate(reason, longestReason)}${others}`;
}
