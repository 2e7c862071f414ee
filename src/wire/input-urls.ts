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

/** The last part of the path of a URL, as it is written there, which is the file's name; undefined without one. */
export function nameOfUrl(url: string): string | undefined {
  const name = URL.parse(url)?.pathname.split('/').at(-1);
  return name === '' ? undefined : name;
}

/** A URL as others may read it: without a password, and without what a signature may be part of. */
export function shownUrl(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? url : `${parsed.origin}${parsed.pathname}`;
}
