/** Whether a source of tests has a test whose full name is `name`, as far as that can be seen without running it. */
export function isTitleIn(source: string, name: string): boolean {
  const titles = titlesIn(source);
  return isMadeOf(name, titles);
}

/** A full name is the titles of the suites and of the test, joined by " > ", which a title may hold itself. */
function isMadeOf(name: string, titles: readonly RegExp[]): boolean {
  if (titles.some((title) => title.test(name))) return true;
  for (let at = name.indexOf(' > '); at !== -1; at = name.indexOf(' > ', at + 1)) {
    const first = name.slice(0, at);
    if (titles.some((title) => title.test(first)) && isMadeOf(name.slice(at + 3), titles)) return true;
  }
  return false;
}

/** The first argument of every call that begins with a string, for so do those of `test`, `describe` and `test.each(…)`. */
const calls =
  /\(\s*(?:'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`((?:\\.|\$\{(?:[^{}]|\{[^}]*\})*\}|[^`\\])*)`)\s*,/g;
/** A title that is computed may be anything. */
const computed = /\b(?:test|it|describe)(?:\.\w+)*\(\s*[A-Za-z_]\w*\s*,/;

function titlesIn(source: string): RegExp[] {
  const literals = [...source.matchAll(calls)].map((call) => pattern(call[1] ?? call[2] ?? call[3] ?? ''));
  return computed.test(source) ? [...literals, /^.*$/s] : literals;
}

/** What vitest fills in: `%s`, `$field`, `${…}`. */
const filledIn = /%[sdifjoOc#$]|\$\{(?:[^{}]|\{[^}]*\})*\}|\$[A-Za-z_][\w.]*/g;

function pattern(literal: string): RegExp {
  const fixed = literal
    .replace(/\\(.)/g, '$1')
    .split(filledIn)
    .map((piece) => piece.replaceAll('%%', '%').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${fixed.join('.*')}$`, 's');
}
