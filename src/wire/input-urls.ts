import { truncate } from '#base/truncate.ts';

/** An input that a pilot fetches itself. */
export interface InputUrl {
  readonly url: string;
  /** In the job's directory. */
  readonly name: string;
}

/** The scheme of an entry of TransferInput that is a URL, in small letters; undefined for the name of a file. */
export const schemeOf = (entry: string): string | undefined =>
  /^([a-z][a-z0-9+.-]*):\/\//i.exec(entry)?.[1]?.toLowerCase();

/** Whether pilots fetch URLs of a scheme. Their slots say so in HasFileTransferPluginMethods. */
export const isFetched = (scheme: string): boolean => scheme === 'http' || scheme === 'https';

/** Bytes that the name of a file may have. */
const longestName = 255;

/**
 * The last part of the path of a URL, as it is written there, which is the file's name in HTCondor too: `%2F` stays what it
 * is. Undefined for one without a name that a file can have, and for what is no URL.
 */
export function nameOfUrl(url: string): string | undefined {
  const asked = URL.parse(url)?.pathname;
  const name = partsOf(url)?.path.split('/').at(-1);
  if (asked === undefined || asked.endsWith('/') || name === undefined) return undefined;
  if (/^\.{0,2}$|\p{Cc}/u.test(name)) return undefined;
  return Buffer.byteLength(name) > longestName ? undefined : name;
}

/** A URL as others may read it: without a user and a password, and without what a signature may be part of. */
export function shownUrl(url: string): string {
  const parts = partsOf(url);
  return truncate(parts === undefined ? url : `${parts.scheme}${parts.host}${parts.path}`, 200);
}

/** By its text alone: what is no URL for other programs has its secrets all the same. */
function partsOf(url: string): { scheme: string; host: string; path: string } | undefined {
  const found = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)([^?#]*)/i.exec(url);
  if (found === null) return undefined;
  const [, scheme = '', authority = '', path = ''] = found;
  return { scheme, host: authority.slice(authority.lastIndexOf('@') + 1), path };
}
