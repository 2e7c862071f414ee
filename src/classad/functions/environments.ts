import { ErrorValue, errorValue, isInteger, ListValue, low32, typeOf, type Value } from '../value.ts';
import { type FunctionFamily, pure } from './definition.ts';
import { joinTexts } from './join-texts.ts';

/**
 * The words of HTCondor's new ("V2") syntax of arguments and environments: blanks separate, single quotes group, `''`
 * inside of them is a single quote. Undefined where a quote is not closed.
 */
function newWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (const [piece] of text.matchAll(/'(?:[^']|'')*'(?!')|\s+|[^'\s]+|'/g)) {
    if (piece === "'") return undefined;
    if (piece.trim() === '') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + (piece.startsWith("'") ? piece.slice(1, -1).replaceAll("''", "'") : piece);
  }
  return word === undefined ? words : [...words, word];
}

/** Quotes only what needs it: each run of blanks, and each single quote, doubled between two more. */
function quoteWord(word: string): string {
  return word === '' ? "''" : word.replace(/[\s']+/g, (run) => `'${run.replaceAll("'", "''")}'`);
}

/** `NAME=value` entries by name; undefined where one of them has no name or no `=`. */
function variablesOf(entries: readonly string[]): Map<string, string> | undefined {
  const pairs = entries.map((entry): [string, string] => {
    const equals = entry.indexOf('=');
    return [entry.slice(0, Math.max(equals, 0)), entry.slice(equals + 1)];
  });
  return pairs.some(([name]) => name === '') ? undefined : new Map(pairs);
}

/** In the new syntax, in the order of the names. */
function environmentText(variables: ReadonlyMap<string, string>): string {
  const entries = [...variables].sort(([left], [right]) => (left < right ? -1 : 1));
  return entries.map(([name, value]) => quoteWord(`${name}=${value}`)).join(' ');
}

/** One of these as the first byte is what separates the entries: `#A=1#B=2`. */
const ownSeparator = /^[!#$%&*+,\-/:<>?@^`|~]/;

/** `envV1ToV2("A=1;B=2")`: an environment of the old syntax in the new one. */
function envV1ToV2([text]: readonly Value[]): Value {
  if (text === undefined) return undefined;
  if (typeof text !== 'string') return errorValue(`${typeOf(text)} is not an environment`);
  const separator = ownSeparator.exec(text)?.[0] ?? ';';
  const entries = text.split(separator).map((entry) => entry.trimStart());
  const variables = variablesOf(entries.filter((entry) => entry !== ''));
  return variables === undefined ? errorValue('an entry is not NAME=value') : environmentText(variables);
}

/** `mergeEnvironment(env, …)`: of a name that stands twice the last counts; undefined is no environment. */
function mergeEnvironment(values: readonly Value[]): Value {
  const merged = new Map<string, string>();
  for (const value of values) {
    if (value === undefined) continue;
    if (typeof value !== 'string') return errorValue(`${typeOf(value)} is not an environment`);
    const variables = variablesOf(newWords(value) ?? ['']);
    if (variables === undefined) return errorValue('an entry is not NAME=value, or a quote is not closed');
    for (const [name, text] of variables) merged.set(name, text);
  }
  return environmentText(merged);
}

/** The version of a syntax: 2 is the new one and what is meant when nothing is said, 1 the old one; else undefined. */
function syntaxOf(values: readonly Value[]): 1 | 2 | undefined {
  const [, version] = values;
  if (values.length === 1) return 2;
  const number = isInteger(version) ? low32(version) : 0;
  return number === 1 || number === 2 ? number : undefined;
}

/** `listToArgs(list[, version])`: in the old syntax an argument that holds a blank is an error. */
function listToArgs(values: readonly Value[]): Value {
  const [list] = values;
  const syntax = syntaxOf(values);
  if (!(list instanceof ListValue)) return list instanceof ErrorValue ? list : errorValue('expected a list');
  if (syntax === undefined) return errorValue('the version of the syntax is 1 or 2');
  const words = list.values().filter((word) => typeof word === 'string');
  if (words.length < list.length) return errorValue('an argument is not a string');
  if (syntax === 2) return joinTexts(words.map(quoteWord), ' ');
  return words.some((word) => /\s/.test(word))
    ? errorValue('an argument contains a space')
    : joinTexts(words, ' ');
}

/** `argsToList(text[, version])`: in the old syntax nothing groups. */
function argsToList(values: readonly Value[]): Value {
  const [text] = values;
  const syntax = syntaxOf(values);
  if (typeof text !== 'string') return errorValue(`${typeOf(text)} is not a string`);
  if (syntax === undefined) return errorValue('the version of the syntax is 1 or 2');
  const words = syntax === 1 ? text.split(/\s+/).filter((word) => word !== '') : newWords(text);
  return words === undefined ? errorValue('a quote is not closed') : ListValue.of(words);
}

export const environments: FunctionFamily = {
  envV1ToV2: pure(1, 1, envV1ToV2),
  mergeEnvironment: pure(0, Number.POSITIVE_INFINITY, mergeEnvironment),
  listToArgs: pure(1, 2, listToArgs),
  argsToList: pure(1, 2, argsToList),
};
