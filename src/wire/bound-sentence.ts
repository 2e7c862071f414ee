import type * as z from 'zod';

type Issue = z.core.$ZodIssue;

/** What a bound counts in, and what it is called when there is none of it. */
const units: Readonly<Record<string, string>> = { string: 'characters', array: 'entries' };

/**
 * What is too large or too small, in a sentence for people, where the validator would speak of types; undefined for any other
 * fault, and where the shape says itself what to write.
 */
export function boundSentence(issue: Issue): string | undefined {
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
