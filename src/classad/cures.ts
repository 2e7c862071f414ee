import { truncate } from '#base/truncate.ts';
import type { Token } from './lexer.ts';
import { asciiLower } from './names.ts';

/** `expected X, found Y`; `source` is what the token was read from. */
export function expected(what: string, found: Token, source: string): string {
  return `expected ${what}, found ${found.type === 'end' ? 'the end' : show(found, source)}`;
}

function show(token: Token, source: string): string {
  const written = source.slice(token.offset, token.end);
  const text = truncate(written, 41);
  return token.type === 'literal' && typeof token.value === 'string' ? `the string ${text}` : `"${text}"`;
}

const words: Readonly<Record<string, string>> = {
  and: 'write && for "and"',
  or: 'write || for "or"',
  not: 'write ! for "not"',
  in: 'write member(value, {list}) or stringListMember(value, "list")',
  like: 'write regexp("pattern", value)',
  null: 'write undefined',
};

const unit = /^[kmgtp]i?b?$/i;

/** What to write instead, for the most common mistakes; undefined if there is no good guess. */
export function cureFor(previous: Token | undefined, found: Token): string | undefined {
  return (
    cureForWord(found) ??
    cureForWord(previous) ??
    cureForOperator(previous, found) ??
    cureForPair(previous, found)
  );
}

function cureForWord(token: Token | undefined): string | undefined {
  return token?.type === 'name' && !token.quoted ? words[asciiLower(token.name)] : undefined;
}

/** Keyed by the preceding operator followed by the one that is out of place. */
const operators: Readonly<Record<string, string>> = {
  '!=': 'write != for "differs"',
  '=>': 'write >= for "at least"',
  '=<': 'write <= for "at most"',
  '<>': 'write != for "differs"',
};

function cureForOperator(previous: Token | undefined, found: Token): string | undefined {
  if (found.type !== 'operator') return undefined;
  const cure = operators[(previous?.operator ?? '') + found.operator];
  if (cure !== undefined) return cure;
  return found.operator === '=' ? 'write == to compare, or =?= to compare without undefined' : undefined;
}

function cureForPair(previous: Token | undefined, found: Token): string | undefined {
  if (found.type === 'end') return undefined;
  const number = previous?.type === 'literal' && typeof previous.value !== 'string';
  if (number && found.type === 'name' && unit.test(found.name)) {
    return 'write the number out; only submit commands such as request_memory and request_disk take units such as K, M, G';
  }
  if (previous?.type === 'name' && !previous.quoted && found.type !== 'operator') {
    return `put text between double quotes, as in "${previous.name} …"`;
  }
  return undefined;
}
