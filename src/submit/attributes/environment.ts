import { truncate } from '#base/truncate.ts';
import { type Attributes, type GivenValue, type Producer, quote } from './given-value.ts';
import { isNewSyntax, newSyntaxWords, quoteWord } from './quoted-words.ts';

/** The `NAME=value` entries in either syntax; the old one separates them by semicolons. */
function entries(value: GivenValue): [string, string][] {
  const words = isNewSyntax(value) ? newSyntaxWords(value) : value.text.split(';').map((word) => word.trim());
  return words.flatMap((word): [string, string][] => {
    if (word === '') return [];
    const equals = word.indexOf('=');
    const name = word.slice(0, equals);
    if (equals < 1 || /\s/.test(name)) {
      throw value.fault(`"${truncate(word, 40)}" is not NAME=value`, 'write "A=1 B=\'two words\'"');
    }
    return [[name, word.slice(equals + 1)]];
  });
}

/** Whether `name` matches a pattern in which `*` stands for any text. */
export function fits(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length)
    return false;
  let at = first.length;
  for (const middle of rest) {
    const found = name.indexOf(middle, at);
    if (found < 0) return false;
    at = found + middle.length;
  }
  return at <= name.length - last.length;
}

/** The submitter's variables that `getenv` passes on: all, none, or those that its patterns name. */
function passedOn(value: GivenValue, environment: Readonly<Record<string, string>>): [string, string][] {
  const variables = Object.entries(environment);
  if (/^(true|yes|t)$/i.test(value.text)) return variables;
  if (/^(false|no|f)$/i.test(value.text)) return [];
  const patterns = value
    .unquoted()
    .split(/[\s,]+/)
    .filter((pattern) => pattern !== '');
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!'));
  const barred = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  return variables.filter(
    ([name]) =>
      wanted.some((pattern) => fits(name, pattern)) && !barred.some((pattern) => fits(name, pattern)),
  );
}

/** The attributes for `env` in the old syntax, which HTCondor keeps under that name only. */
function oldSyntax(sorted: readonly (readonly [string, string])[]): Attributes {
  return {
    Env: quote(sorted.map(([name, value]) => `${name}=${value}`).join(';')),
    EnvDelim: quote(';'),
  };
}

/** Environment in the new syntax, sorted by name; `environment` wins over `getenv`. */
export function jobEnvironment(environment: Readonly<Record<string, string>>): Producer {
  return {
    reads: ['environment', 'getenv'],
    make(read) {
      const own = read('environment');
      const inherited = read('getenv');
      const all = new Map([
        ...(inherited === undefined ? [] : passedOn(inherited, environment)),
        ...(own === undefined ? [] : entries(own)),
      ]);
      const sorted = [...all].sort(([left], [right]) => (left < right ? -1 : 1));
      if (own !== undefined && /^env$/i.test(own.name) && !isNewSyntax(own)) return oldSyntax(sorted);
      return { Environment: quote(sorted.map(([name, value]) => quoteWord(`${name}=${value}`)).join(' ')) };
    },
  };
}
