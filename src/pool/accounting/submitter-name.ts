import type { ClassAd } from '#classad/class-ad.ts';

/** The group part of jobs with `nice_user = true`, as HTCondor names it. It is never a group with a quota. */
export const niceUser = 'nice-user';

/** The attributes, in lower case, from which the submitter of a job follows: jobs that differ in them are charged to different names. */
export const accountingAttributes = ['acctgroup', 'accountinggroup', 'niceuser'] as const;

const groupName = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** The most characters in the name of a group; a job with a longer one belongs to none. */
const longestGroup = 128;

/**
 * The name that a job's use is charged to: `GROUP.OWNER`, `nice-user.OWNER` or `OWNER`, as in HTCondor. The user part is always
 * the authenticated owner, whatever the job says, so nobody escapes their share by another name.
 *
 * **Gotchas.** An owner whose name contains a dot is written in quotation marks, such as `atlas."ada@cern.ch"`: otherwise the user
 * `atlas.ada` would be taken for the user `ada` of the group `atlas`.
 * @param ad the job's ad, or any ad with its {@link accountingAttributes}
 */
export function submitterOf(ad: ClassAd, owner: string): string {
  return submitterIn(groupOf(ad, owner), owner);
}

/** The name of a user in a group, or in none. */
export const submitterIn = (group: string | undefined, user: string): string =>
  group === undefined ? quoted(user) : `${group}.${quoted(user)}`;

/** The parts of a submitter's name. */
export interface SubmitterParts {
  /** Undefined if it names none. */
  readonly group: string | undefined;
  readonly user: string;
}

export function partsOf(submitter: string): SubmitterParts {
  if (submitter.endsWith('"')) {
    const quote = submitter.indexOf('"');
    return {
      group: quote === 0 ? undefined : submitter.slice(0, quote - 1),
      user: submitter.slice(quote + 1, -1),
    };
  }
  const dot = submitter.lastIndexOf('.');
  return dot < 0
    ? { group: undefined, user: submitter }
    : { group: submitter.slice(0, dot), user: submitter.slice(dot + 1) };
}

/** The name of a submitter for people: without quotation marks. */
export function displayName(submitter: string): string {
  const { group, user } = partsOf(submitter);
  return group === undefined ? user : `${group}.${user}`;
}

const quoted = (user: string): string => (user.includes('.') || user.endsWith('"') ? `"${user}"` : user);

function groupOf(ad: ClassAd, owner: string): string | undefined {
  if (ad.evaluateBoolean('NiceUser') === true) return niceUser;
  const group = ad.evaluateString('AcctGroup') ?? groupPart(ad.evaluateString('AccountingGroup'), owner);
  return group !== undefined && group.length <= longestGroup && groupName.test(group) ? group : undefined;
}

/** AccountingGroup is `group.user`; a word without a dot is a user. */
function groupPart(text: string | undefined, owner: string): string | undefined {
  if (text === undefined) return undefined;
  if (text.endsWith(`.${owner}`)) return text.slice(0, -owner.length - 1);
  const dot = text.lastIndexOf('.');
  return dot < 0 ? undefined : text.slice(0, dot);
}
