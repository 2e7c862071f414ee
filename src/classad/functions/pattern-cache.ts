import { RE2JS } from 're2js';
import { type ErrorValue, errorValue } from '../value.ts';
import { re2Pattern } from './pcre-pattern.ts';

/** Longer patterns are refused: matching happens inside of the negotiator. */
const longestPattern = 1_000;
/** Patterns that are kept compiled; jobs and slots use a handful. */
const mostPatterns = 500;

/** A compiled pattern that is asked with bytes: one character each, up to U+00FF. */
export type Pattern = RE2JS;

/**
 * Compiled patterns by source and flags, a cache of bounded size. Compiling takes some ten times as long as matching does.
 */
const compiled = new Map<string, Pattern | ErrorValue>();

/**
 * The pattern `source`, which is bytes. Of the options `i`, `m`, `s` and `x` concern the pattern; `L` takes the longest
 * alternative, not the first. PCRE2 is what HTCondor uses; what RE2 cannot express is an error.
 */
export function patternFor(source: string, options: string): Pattern | ErrorValue {
  if (source.length > longestPattern) return errorValue(`a pattern has at most ${longestPattern} bytes`);
  const flags = ['i', 'm', 's', 'x', 'L'].filter((flag) => options.includes(flag)).join('');
  const key = `${flags} ${source}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  if (compiled.size >= mostPatterns) compiled.clear();
  const pattern = compilePattern(source, flags);
  compiled.set(key, pattern);
  return pattern;
}

const flagBits: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
  L: RE2JS.LONGEST_MATCH,
};

function compilePattern(source: string, flags: string): Pattern | ErrorValue {
  const pattern = re2Pattern(source, flags.includes('x'));
  if (pattern === undefined) return errorValue(`"${source}" needs what a matcher of linear time cannot do`);
  try {
    let bits = 0;
    for (const flag of flags) bits |= flagBits[flag] ?? 0;
    return RE2JS.compile(pattern, bits);
  } catch {
    return errorValue(`"${source}" is not a regular expression`);
  }
}
