import { byteString, textOfByteString } from '../text-bytes.ts';
import { ErrorValue, errorValue, ListValue, type Value } from '../value.ts';
import { withStrings } from './arguments.ts';
import { type FunctionDefinition, type FunctionFamily, pure } from './definition.ts';
import { type Match, matches } from './match-pattern.ts';
import { patternFor } from './pattern-cache.ts';

/** Whether `source` is found in `subject`. */
export function searchIn(source: string, subject: string, options: string): boolean | ErrorValue {
  const found = matches(byteString(source), byteString(subject), options, false);
  return found instanceof ErrorValue ? found : found.length > 0;
}

/** `regexpMember(pattern, list[, options])`: undefined items leave the answer open unless another one matches. */
function memberOf(values: readonly Value[]): Value {
  const error = values.find((value) => value instanceof ErrorValue);
  if (error !== undefined) return error;
  if (values.includes(undefined)) return undefined;
  const [pattern, list, ...options] = values;
  return withStrings([pattern, ...options], ([source = '', flags = '']) =>
    list instanceof ListValue
      ? foundIn(list, source, flags)
      : errorValue('the second argument is not a list'),
  );
}

/** A pattern that does not compile matches nothing here. */
function foundIn(list: ListValue, source: string, flags: string): Value {
  let unknown = false;
  for (const item of list.values()) {
    const answer = withStrings([item], ([subject = '']) => searchIn(source, subject, flags) === true);
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
  const bytes = byteString(subject);
  const everywhere = replacing.everywhere || options.includes('g');
  const found = matches(byteString(source), bytes, options, everywhere);
  if (found instanceof ErrorValue) return found;
  const template = byteString(replacement);
  const lastGroup = [9, 8, 7, 6, 5, 4, 3, 2, 1].find((digit) => template.includes(`\\${digit}`)) ?? 0;
  if (found.some((match) => match.groups.length <= lastGroup)) return errorValue('there is no such group');
  const filled = found.map(({ groups }) =>
    template.replace(/\\([0-9])/g, (_text, digit) => groups[Number(digit)] ?? ''),
  );
  const keep = replacing.keep || options.includes('f');
  return textOfByteString(keep ? spliced(bytes, found, filled) : filled.join(''));
}

/** `subject` with each of the matches exchanged for its text. */
function spliced(subject: string, found: readonly Match[], texts: readonly string[]): string {
  let answer = '';
  let end = 0;
  for (const [index, match] of found.entries()) {
    answer += subject.slice(end, match.start) + texts[index];
    end = match.end;
  }
  return answer + subject.slice(end);
}

function substituting(replacing: Replacing): FunctionDefinition {
  return pure(
    3,
    4,
    (values) => withStrings(values, (texts) => substituted(texts, replacing)),
    costOfMatching,
  );
}

/** In the worst case every byte of a subject meets every instruction of the pattern; it is never worse. */
export function costOfMatching([source, subject]: readonly Value[]): number {
  if (typeof source !== 'string') return 0;
  const pattern = patternFor(byteString(source), '');
  if (pattern instanceof ErrorValue) return 0;
  return (pattern.programSize() * lengthOf(subject)) / instructionsAStep;
}

const instructionsAStep = 1_000;

function lengthOf(subject: Value): number {
  if (typeof subject === 'string') return subject.length;
  if (!(subject instanceof ListValue)) return 0;
  return subject
    .values()
    .reduce<number>((sum, item) => sum + (typeof item === 'string' ? item.length : 0), 0);
}

export const regex: FunctionFamily = {
  regexp: pure(
    2,
    3,
    (values) =>
      withStrings(values, ([source = '', subject = '', options = '']) => searchIn(source, subject, options)),
    costOfMatching,
  ),
  regexpMember: pure(2, 3, memberOf, costOfMatching),
  regexps: substituting({ keep: false, everywhere: false }),
  replace: substituting({ keep: true, everywhere: false }),
  replaceall: substituting({ keep: true, everywhere: true }),
};
