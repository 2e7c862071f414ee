import { truncate } from '#base/truncate.ts';
import type { JobFile } from './file.ts';

/** An input that the pilot downloads itself. */
export interface InputUrl {
  readonly url: string;
  /** The file's name in the job's directory. */
  readonly name: string;
}

/** The scheme, in lower case, of an entry of TransferInput that is a URL; undefined for a file name. */
export const schemeOf = (entry: string): string | undefined =>
  /^([a-z][a-z0-9+.-]*):\/\//i.exec(entry)?.[1]?.toLowerCase();

/** Whether pilots can fetch URLs of a scheme. Slots list these schemes in HasFileTransferPluginMethods. */
export const isFetched = (scheme: string): boolean => scheme === 'http' || scheme === 'https';

/** The most bytes that a file name may have. */
const longestName = 255;

/**
 * The last part of a URL's path, as it is written there: that is the file's name in HTCondor too, and `%2F` is not decoded.
 * Undefined if that part cannot name a file, or if the text is not a URL.
 */
export function nameOfUrl(url: string): string | undefined {
  const asked = URL.parse(url)?.pathname;
  const name = partsOf(url)?.path.split('/').at(-1);
  if (asked === undefined || asked.endsWith('/') || name === undefined) return undefined;
  if (/^\.{0,2}$|\p{Cc}/u.test(name)) return undefined;
  return Buffer.byteLength(name) > longestName ? undefined : name;
}

/** A URL that is safe to show: without user and password, and without the query, which may hold a signature. */
export function shownUrl(url: string): string {
  const parts = partsOf(url);
  return truncate(parts === undefined ? url : `${parts.scheme}${parts.host}${parts.path}`, 200);
}

/** Splits the text alone, without a URL parser: a malformed URL holds secrets all the same. */
function partsOf(url: string): { scheme: string; host: string; path: string } | undefined {
  const found = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)([^?#]*)/i.exec(url);
  if (found === null) return undefined;
  const [, scheme = '', authority = '', path = ''] = found;
  return { scheme, host: authority.slice(authority.lastIndexOf('@') + 1), path };
}

/** Among inputs with the same name the last one wins, as with HTCondor's transfer_input_files. */
export function lastOfEachName(inputs: readonly JobFile[]): readonly JobFile[] {
  const byName = new Map(inputs.map((input) => [input.name, input]));
  return byName.size === inputs.length ? inputs : [...byName.values()];
}

/** Two inputs that cannot both exist, because one is a file where the other needs a folder; undefined if there are none. */
export function clashOf(
  inputs: readonly Pick<JobFile, 'name' | 'emptyFolder'>[],
): readonly [file: string, inside: string] | undefined {
  const names = new Set(inputs.filter(({ emptyFolder }) => emptyFolder !== true).map(({ name }) => name));
  for (const { name } of inputs) {
    for (let slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
      const folder = name.slice(0, slash);
      if (names.has(folder)) return [folder, name];
    }
  }
  return undefined;
}
