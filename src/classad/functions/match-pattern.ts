import { ErrorValue, errorValue } from '../value.ts';
import { type Pattern, patternFor } from './pattern-cache.ts';

/** Longer subjects are refused: matching happens inside of the negotiator. */
const longestSubject = 65_536;
/** Bytes of the subject times instructions of the pattern: below a second. */
const mostWork = 50_000_000;

/** A place where a pattern was found in a subject. All texts are bytes. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** The groups up to the last one that took part, the whole match first. */
  readonly groups: readonly string[];
}

/**
 * The first match or all of them. After an empty match the original looks from the next byte on, and gives up with an
 * error where there is none any more.
 */
export function matches(
  source: string,
  subject: string,
  options: string,
  everywhere: boolean,
): Match[] | ErrorValue {
  const pattern = patternFor(source, options);
  if (pattern instanceof ErrorValue) return pattern;
  if (subject.length > longestSubject) return errorValue(`a subject has at most ${longestSubject} bytes`);
  const beforeBreak = subject.endsWith('\n') && source.includes('$') && !options.includes('m');
  const found: Match[] = [];
  let work = 0;
  for (let from = 0; from <= subject.length; ) {
    // A match may have looked at all the rest: without a limit many of them take the square of the subject's length.
    work += (subject.length - from) * pattern.programSize();
    if (work > mostWork) return errorValue('the pattern takes too long on this text');
    const match = beforeBreak ? firstAtBreak(pattern, subject, from) : matchFrom(pattern, subject, from);
    if (match === undefined) return found;
    found.push(match);
    if (!everywhere) return found;
    from = match.end === match.start ? match.end + 1 : match.end;
  }
  return errorValue('the pattern matches nothing at the end of the text');
}

/** Whether some of `subject`, and not just an empty piece, fits: in any case of its letters. */
export function holdsPiece(source: string, subject: string): boolean {
  const pattern = patternFor(source, 'iL');
  if (pattern instanceof ErrorValue) return false;
  for (let from = 0; from <= subject.length; ) {
    const match = matchFrom(pattern, subject, from);
    if (match === undefined) return false;
    if (match.end > match.start) return true;
    from = match.end + 1;
  }
  return false;
}

/** `$` also stands before a line break at the very end: as if that were not there. */
function firstAtBreak(pattern: Pattern, subject: string, from: number): Match | undefined {
  const whole = matchFrom(pattern, subject, from);
  if (from >= subject.length) return whole;
  const before = matchFrom(pattern, subject.slice(0, -1), from);
  if (before === undefined || whole === undefined) return whole ?? before;
  return before.start < whole.start ? before : whole;
}

function matchFrom(pattern: Pattern, subject: string, from: number): Match | undefined {
  const matcher = pattern.matcher(subject);
  if (!matcher.find(from)) return undefined;
  const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index));
  const last = groups.findLastIndex((group) => group !== null);
  return {
    start: matcher.start(),
    end: matcher.end(),
    groups: groups.slice(0, last + 1).map((group) => group ?? ''),
  };
}
