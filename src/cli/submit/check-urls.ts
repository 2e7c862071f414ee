import { GlideinError } from '#base/error.ts';
import { isFetched, nameOfUrl, schemeOf, shownUrl } from '#wire/inputs.ts';

const cache =
  'write its https:// address at the origin or at a cache of the federation, or let the job fetch it with a client in its image';
const storage = 'write a signed URL for it, which begins with https://, or let the job itself fetch it';
const grid =
  'write its https:// address if the site has one (it is fetched without a proxy), or let the job fetch it with a client in its image';

/** What to write for a URL that only some pilots fetch, or none, by its scheme. */
const cures: Readonly<Record<string, string>> = {
  file: 'write only the path, without file://, if it is on this machine: then it travels with the job; a file that pilots mount needs no transfer',
  osdf: cache,
  stash: cache,
  pelican: cache,
  s3: storage,
  gs: storage,
  gsiftp: grid,
  gridftp: grid,
  root: grid,
  xroot: grid,
  srm: grid,
  davs: 'write https:// instead of davs://',
  dav: 'write http:// instead of dav://',
  ftp: 'put it on an HTTP server, or let the job itself fetch it',
};

const otherwise =
  'put it on an HTTP or HTTPS server, let the job itself fetch it, or name a local file that travels with the job';

const cureOf = (scheme: string): string =>
  (Object.hasOwn(cures, scheme) ? cures[scheme] : undefined) ?? otherwise;

/**
 * Checks the URLs among the inputs of a job.
 * @param transferInput the expression
 * @returns a warning for each scheme that not all pilots fetch
 * @throws GlideinError InvalidArgument for a URL that does not end with a file name
 */
export function checkUrls(transferInput: string): string[] {
  const warnings = new Map<string, string>();
  for (const url of urlsIn(transferInput)) {
    const scheme = schemeOf(url) ?? '';
    if (nameOfUrl(url) === undefined) {
      throw new GlideinError(
        'InvalidArgument',
        `the path of the URL ${shownUrl(url)} does not end with a file name`,
        {
          cure: 'write a URL whose path ends with the name that the file should get, at most 255 bytes long',
        },
      );
    }
    if (!isFetched(scheme) && !warnings.has(scheme))
      warnings.set(scheme, `${onlySome(scheme, url)}; if there are none, ${cureOf(scheme)}`);
  }
  return [...warnings.values()];
}

/**
 * Checks the URLs that outputs of a job go to.
 * @param destination an expression with any number of them
 * @returns a warning for each scheme that not all pilots can write to
 */
export function checkDestinations(destination: string): string[] {
  const schemes = new Map<string, string>();
  for (const [url] of destination.matchAll(/[a-z][a-z0-9+.-]*:\/\/[^\s;"]*/gi)) {
    const scheme = schemeOf(url) ?? '';
    if (!isFetched(scheme) && !schemes.has(scheme)) schemes.set(scheme, url);
  }
  return [...schemes].map(
    ([scheme, url]) =>
      `${onlySome(scheme, url)}; if there are none, leave it out: results then come back to this machine`,
  );
}

const urlsIn = (text: string): string[] =>
  text
    .split(/[",]/)
    .map((entry) => entry.trim())
    .filter((entry) => schemeOf(entry) !== undefined);

const onlySome = (scheme: string, url: string): string =>
  `only pilots whose group transfers files by ${scheme}:// run this job, because of ${shownUrl(url)}`;
