import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import type { UserPriorityChange } from '#wire/user-priorities.ts';

/** A change that an option asks for. */
interface Change {
  /** The least number that may follow the user; absent if no number follows. */
  readonly least?: number;
  readonly of: (user: string, number: number) => UserPriorityChange;
}

const changes: Readonly<Record<string, Change>> = {
  setfactor: { least: 1, of: (user, factor) => ({ action: 'setFactor', user, factor }) },
  setprio: { least: 0.5, of: (user, priority) => ({ action: 'setRealPriority', user, priority }) },
  resetusage: { of: (user) => ({ action: 'resetUsage', user }) },
  delete: { of: (user) => ({ action: 'forget', user }) },
};

/**
 * What the options of `glidein userprio` change; undefined if nothing.
 * @param words the user, and the number if there is one
 * @throws GlideinError InvalidArgument
 */
export function changeOf(
  words: readonly string[],
  flags: Readonly<Record<string, unknown>>,
): UserPriorityChange | undefined {
  const asked = Object.entries(changes).filter(([option]) => flags[option] === true);
  const [first] = asked;
  if (first === undefined) return undefined;
  if (asked.length > 1) {
    const options = asked.map(([option]) => `--${option}`).join(' and ');
    throw new GlideinError('InvalidArgument', `${options} are given`, { cure: 'change one thing at a time' });
  }
  const [option, { least, of }] = first;
  const [user, number] = words;
  if (user !== undefined && words.length === (least === undefined ? 1 : 2))
    return of(user, least === undefined ? 0 : numberIn(number, least));
  const takes = least === undefined ? 'a user' : 'a user and a number';
  throw new GlideinError('InvalidArgument', `--${option} takes ${takes}`, {
    cure: `write --${option} USER${least === undefined ? '' : ' NUMBER'}`,
  });
}

/** @throws GlideinError InvalidArgument */
function numberIn(text = '', least: number): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number) && number >= least) return number;
  throw new GlideinError('InvalidArgument', `"${truncate(text, 64)}" is not a number of at least ${least}`, {
    cure: `write one such as ${least * 10}`,
  });
}
