import { posix } from 'node:path';

/**
 * Parts of a file name, as `$F…()` returns them (condor_submit manual, "Function Macros"): `p` the directories, `d` the
 * last of them, `n` the name, `x` the extension, `f` makes it absolute, `b` drops the slash at the end of `p` and `d` and
 * the dot of `x`, `w` turns slashes into backslashes, `q` adds double quotes, `a` with `q` single quotes.
 */
export function fileNameParts(given: string, options: string, directory: string): string {
  const has = (letter: string) => options.includes(letter);
  const path = has('f') ? posix.resolve(directory, given) : given;
  const whole = /[pdnx]/.test(options) ? pickParts(path, has) : path;
  const slashed = has('w') ? whole.replaceAll('/', '\\') : whole;
  if (!has('q')) return slashed;
  return has('a') ? `'${slashed}'` : `"${slashed}"`;
}

function pickParts(path: string, has: (letter: string) => boolean): string {
  const slash = path.lastIndexOf('/');
  const folders = path.slice(0, slash + 1);
  const file = path.slice(slash + 1);
  // A leading dot makes a hidden file, not an extension.
  const dot = file.lastIndexOf('.') > 0 ? file.lastIndexOf('.') : file.length;
  const last = folders.slice(folders.lastIndexOf('/', folders.length - 2) + 1);
  const bare = (text: string, mark: RegExp) => (has('b') ? text.replace(mark, '') : text);
  let parts = '';
  if (has('p')) parts = bare(folders, /\/$/);
  else if (has('d')) parts = bare(last, /\/$/);
  if (has('n')) parts += file.slice(0, dot);
  return has('x') ? parts + bare(file.slice(dot), /^\./) : parts;
}
