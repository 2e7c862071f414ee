import type * as z from 'zod';
import { truncate } from './truncate.ts';

type Issue = z.core.$ZodIssue;

/** The most characters of a field's name that a sentence repeats, because a hostile client may have written it. */
const longestName = 80;

/**
 * What is wrong with a value that does not fit its schema, and where, for people:
 * `outputs.3.name: write a path below the job directory, without ".."`.
 * @param whole the name of the value itself, if the fault is not in one of its fields
 * @param within the fields that lead to the value, such as `procs.3`
 */
export function issueInWords(
  { issues: [issue] }: { readonly issues: readonly Issue[] },
  whole: string,
  within: readonly string[] = [],
): string {
  return issue === undefined ? `${whole}: is not valid` : oneIssueInWords(issue, whole, within);
}

/** Every issue, joined by semicolons. */
export const issuesInWords = (
  { issues }: { readonly issues: readonly Issue[] },
  whole: string,
  within: readonly string[] = [],
): string => issues.map((issue) => oneIssueInWords(issue, whole, within)).join('; ');

function oneIssueInWords(issue: Issue, whole: string, within: readonly string[]): string {
  const path = [...within, ...issue.path.map((name) => truncate(String(name), longestName))];
  return `${path.length === 0 ? whole : path.join('.')}: ${boundSentence(issue) ?? issue.message}`;
}

/** The unit in which a bound counts; absent for numbers. */
const units: Readonly<Record<string, string>> = { string: 'characters', array: 'entries' };

/**
 * What is too large or too small; the validator's own message would talk about types. Undefined for any other fault, and
 * for a schema with its own message.
 */
function boundSentence(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'too_big':
      return issue.message.startsWith('Too big') ? tooBig(issue.origin, Number(issue.maximum)) : undefined;
    case 'too_small':
      return issue.message.startsWith('Too small')
        ? tooSmall(issue.origin, Number(issue.minimum))
        : undefined;
    case 'invalid_key': {
      const inner = issue.issues[0];
      const why = inner === undefined ? undefined : boundSentence(inner);
      return why?.replace(/^it/, 'its name');
    }
    default:
      return undefined;
  }
}

function tooBig(origin: string, most: number): string {
  const unit = units[origin];
  return unit === undefined ? `it is more than ${most}` : `it has more than ${most} ${unit}`;
}

function tooSmall(origin: string, least: number): string {
  const unit = units[origin];
  if (unit === undefined) return `it is less than ${least}`;
  return least === 1 ? 'it is empty' : `it has fewer than ${least} ${unit}`;
}
