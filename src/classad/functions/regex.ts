import { ErrorValue, errorValue, ListValue, type Value } from '../value.ts';
import { withStrings } from './arguments.ts';
import { type FunctionDefinition, type FunctionFamily, pure } from './definition.ts';
import { hasNestedRepeats } from './regex-cost.ts';

/** Longer patterns and subjects are refused: matching happens inside of the negotiator. */
const longestPattern = 1000;
const longestSubject = 65_536;

/**
 * The JavaScript pattern of a PCRE2 one. HTCondor uses PCRE2; what differs: possessive and atomic groups, recursion,
 * conditionals, `\Q…\E` and POSIX classes other than those below do not exist here and are an error.
 * Options: `i`, `m`, `s` as there; `x`, and unknown letters, are passed over; `f` and `g` concern replacing.
 */
function patternOf(source: string, options: string): RegExp | ErrorValue {
  if (source.length > longestPattern) return errorValue(`a pattern has at most ${longestPattern} characters`);
  const inline = /^\(\?([ims]+)\)/.exec(source);
  const body = inline === null ? source : source.slice(inline[0].length);
  if (hasNestedRepeats(body)) return errorValue('a repeat inside of a repeat may take for ever');
  const flags = ['i', 'm', 's'].filter((flag) => `${options}${inline?.[1] ?? ''}`.includes(flag)).join('');
  try {
    return new RegExp(translate(body), `${flags}g`);
  } catch {
    return errorValue(`"${source}" is no regular expression`);
  }
}

const classes: ReadonlyMap<string, string> = new Map([
  ['[:alpha:]', 'A-Za-z'],
  ['[:digit:]', '0-9'],
  ['[:alnum:]', 'A-Za-z0-9'],
  ['[:space:]', String.raw`\s`],
  ['[:upper:]', 'A-Z'],
  ['[:lower:]', 'a-z'],
  ['[:punct:]', String.raw`!-\/:-@\[-\x60{-~`],
  ['[:xdigit:]', '0-9A-Fa-f'],
  ['[:word:]', String.raw`\w`],
]);

function translate(source: string): string {
  return source.replace(/\\[\s\S]|\[:[a-z]+:\]/g, (piece) => {
    if (piece === '\\A') return '(?<![sS])';
    if (piece === '\\z') return '(?![sS])';
    if (piece === '\\Z') return '(?=\\n?(?![sS]))';
    return classes.get(piece) ?? piece;
  });
}

/** Whether `source` is found in `subject`. */
export function searchIn(source: string, subject: string, options: string): boolean | ErrorValue {
  const pattern = patternOf(source, options);
  if (pattern instanceof ErrorValue) return pattern;
  return subject.length > longestSubject ? tooLong() : pattern.test(subject);
}

function tooLong(): ErrorValue {
  return errorValue(`a subject has at most ${longestSubject} characters`);
}

/** `regexpMember(pattern, list[, options])`: undefined items leave the answer open unless another one matches. */
function memberOf([pattern, list, options = '']: readonly Value[]): Value {
  if (list === undefined || list instanceof ErrorValue) return pattern instanceof ErrorValue ? pattern : list;
  return withStrings([pattern, options], ([source = '', flags = '']) =>
    list instanceof ListValue ? foundIn(list, source, flags) : errorValue('the second argument is no list'),
  );
}

function foundIn(list: ListValue, source: string, flags: string): Value {
  let unknown = false;
  for (const item of list.values()) {
    const answer = withStrings([item], ([subject = '']) => searchIn(source, subject, flags));
    if (answer === true || answer instanceof ErrorValue) return answer;
    unknown ||= answer === undefined;
  }
  return unknown ? undefined : false;
}

interface Replacing {
  /** Whether the text between the matches is part of the answer. */
  readonly keep: boolean;
  /** Whether every match counts, not the first alone. */
  readonly everywhere: boolean;
}

/** The matches of a pattern with their replacements; `\0`…`\9` in the replacement are groups. */
function substituted(texts: readonly string[], replacing: Replacing): Value {
  const [source = '', subject = '', replacement = '', options = ''] = texts;
  const pattern = patternOf(source, options);
  if (pattern instanceof ErrorValue) return pattern;
  if (subject.length > longestSubject) return tooLong();
  const everywhere = replacing.everywhere || options.includes('g');
  const found = [...subject.matchAll(pattern)].slice(0, everywhere ? undefined : 1);
  const lastGroup = Math.max(0, ...groupsOf(replacement));
  if (found.some((match) => match.length <= lastGroup)) return errorValue('there is no such group');
  const filled = found.map((match) => withGroups(replacement, match));
  return replacing.keep ? spliced(subject, found, filled) : filled.join('');
}

/** `subject` with each of the matches exchanged for its text. */
function spliced(subject: string, found: readonly RegExpExecArray[], texts: readonly string[]): string {
  let answer = '';
  let end = 0;
  for (const [index, match] of found.entries()) {
    answer += subject.slice(end, match.index) + texts[index];
    end = match.index + match[0].length;
  }
  return answer + subject.slice(end);
}

function groupsOf(replacement: string): number[] {
  return [...replacement.matchAll(/\\([0-9])/g)].map((found) => Number(found[1]));
}

function withGroups(replacement: string, match: RegExpExecArray): string {
  return replacement.replace(/\\([0-9])/g, (_text, digit: string) => match[Number(digit)] ?? '');
}

function substituting(replacing: Replacing): FunctionDefinition {
  return pure(3, 4, (values) => withStrings(values, (texts) => substituted(texts, replacing)));
}

export const regex: FunctionFamily = {
  regexp: pure(2, 3, (values) =>
    withStrings(values, ([source = '', subject = '', options = '']) => searchIn(source, subject, options)),
  ),
  regexpMember: pure(2, 3, memberOf),
  regexps: substituting({ keep: false, everywhere: false }),
  replace: substituting({ keep: true, everywhere: false }),
  replaceall: substituting({ keep: true, everywhere: true }),
};
