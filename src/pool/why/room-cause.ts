import { count } from '#base/count.ts';
import type { Pilot } from '../collector/pilot.ts';
import { type Cause, listed } from './cause.ts';
import { type GroupState, groupState } from './group-states.ts';
import type { Order } from './order.ts';
import { fittingGroups, pilotsIn, type Scan } from './scan.ts';

/** Why a job that would fit somewhere does not run: slots are in use or leave, and new pilots have not come. */
export function roomCause(scan: Scan, order: Order, now: number): Cause {
  const slots = slotsInWords(scan, now);
  const states = fittingGroups(scan).map((group) => groupState(group, scan));
  const groups = groupsInWords(states);
  if (groups === undefined) {
    const feeds = scan.kinds.some((kind) => kind.groups.length > 0);
    const none = feeds ? 'no group can start another such pilot' : 'no group feeds this pool';
    const others = slots.kind === 'busy' ? othersBefore(order) : undefined;
    if (others !== undefined) return { kind: others.kind, text: `${slots.text}, and ${others.text}` };
    return { kind: slots.kind, text: `${slots.text}, and ${none}: ${slots.until}` };
  }
  const tail = groups.isBlocked ? `: ${slots.until ?? 'ask its operator'}` : '';
  return { kind: groups.kind, text: `${slots.text}, and ${groups.text}${tail}` };
}

/** Who gets the next slot that is free, if that is not this job. */
function othersBefore({ ownBefore, share }: Order): Cause | undefined {
  if (share.before > 0) {
    const [first = ''] = share.examples;
    const who = share.before === 1 ? first : `${first} and ${count(share.before - 1, 'other submitter')}`;
    return {
      kind: 'fairShare',
      text: `${who} ${share.before === 1 ? 'comes' : 'come'} before ${share.submitter} in the fair share: it gets its turn as slots become free, and glidein userprio shows the order`,
    };
  }
  if (ownBefore === 0) return undefined;
  return {
    kind: 'jobPriority',
    text: `${count(ownBefore, 'waiting job')} of ${share.submitter} ${ownBefore === 1 ? 'has' : 'have'} a higher priority: it comes after those, unless glidein prio raises its own`,
  };
}

interface SlotsInWords extends Cause {
  /** What the job waits for if no pilot comes. */
  readonly until: string | undefined;
}

function slotsInWords(scan: Scan, now: number): SlotsInWords {
  const busy = pilotsIn(scan, 'busy');
  if (busy.length > 0) {
    const text =
      busy.length === 1
        ? 'the one slot that could run it is in use'
        : `${all(busy.length)} slots that could run it are in use`;
    return { kind: 'busy', text, until: 'it starts when other jobs there have ended' };
  }
  const reserved = pilotsIn(scan, 'reserved');
  if (reserved.length > 0) {
    const text = `${slots(reserved)} kept free for large jobs that small ones would overtake for ever`;
    return { kind: 'reserved', text, until: 'it starts when those have got theirs, or on another slot' };
  }
  const draining = pilotsIn(scan, 'draining');
  if (draining.length > 0) {
    const reasons = listed([...new Set(draining.map((pilot) => whyItLeaves(pilot, now)))], 'or', 2);
    const text = `${pilots(draining, 'accepts', 'accept')} no more jobs (${reasons})`;
    return { kind: 'draining', text, until: 'it waits for other pilots' };
  }
  const away = pilotsIn(scan, 'away');
  if (away.length > 0) {
    const text = `${pilots(away, 'is', 'are')} not connected now`;
    return { kind: 'away', text, until: 'it waits until that changes, or for other pilots' };
  }
  const unfit = pilotsIn(scan, 'unfit').length;
  const text = unfit === 0 ? 'no pilot is registered' : `none of ${count(unfit, 'registered slot')} fits it`;
  return { kind: 'noPilots', text, until: undefined };
}

const all = (number: number): string => (number === 2 ? 'both' : `all ${number}`);

const slots = (those: readonly Pilot[]): string =>
  those.length === 1
    ? 'the one slot that could run it is'
    : `${all(those.length)} slots that could run it are`;

const pilots = (those: readonly Pilot[], one: string, more: string): string =>
  those.length === 1
    ? `the one pilot that could run it ${one}`
    : `${all(those.length)} pilots that could run it ${more}`;

/** Why a pilot accepts no more jobs. @param now monotonic milliseconds */
export const whyItLeaves = (
  { drainReason, retireAt }: Pick<Pilot, 'drainReason' | 'retireAt'>,
  now: number,
): string => drainReason ?? (now >= retireAt ? 'near the end of its life' : 'draining');

/** What is to be expected of the groups that fit; of several, the one that gives most hope. Undefined: there is none. */
function groupsInWords(
  states: readonly GroupState[],
): Pick<GroupState, 'kind' | 'text' | 'isBlocked'> | undefined {
  const [first] = states;
  if (first === undefined) return undefined;
  const hopeful =
    states.find(({ kind }) => kind === 'pilotStarting') ?? states.find(({ isBlocked }) => !isBlocked);
  if (hopeful !== undefined) return hopeful;
  const texts = [...new Set(states.map(({ text }) => text))];
  return { kind: first.kind, isBlocked: true, text: texts.length === 1 ? (texts[0] ?? '') : listed(texts) };
}
