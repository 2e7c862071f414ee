import { GlideinError } from '#base/error.ts';
import { isFetched, nameOfUrl, schemeOf, shownUrl } from '#wire/inputs.ts';

const cache =
  'write its https:// address at the origin or at a cache of the federation, or let the job fetch it with a client in its image';
const storage = 'write a signed URL for it, which begins with https://, or let the job itself fetch it';
const grid =
  'write its https:// address if the site has one (it is fetched without a proxy), or let the job fetch it with a client in its image';

/** What to write for a URL that no pilot fetches, by its scheme. */
const cures: Readonly<Record<string, string>> = {
  file: 'write only the path, without file://: a file on this machine travels with the job; a file that pilots mount needs no transfer',
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

/**
 * Checks the URLs among the inputs of a job.
 * @param transferInput the expression
 * @throws GlideinError Unsupported for one that no pilot fetches, InvalidArgument for one that does not end with a file name
 */
export function checkUrls(transferInput: string): void {
  for (const entry of transferInput.split(/[",]/)) {
    const url = entry.trim();
    const scheme = schemeOf(url);
    if (scheme === undefined) continue;
    if (!isFetched(scheme)) {
      throw new GlideinError('Unsupported', `pilots do not fetch ${scheme}://, as in ${shownUrl(url)}`, {
        cure: (Object.hasOwn(cures, scheme) ? cures[scheme] : undefined) ?? otherwise,
      });
    }
    if (nameOfUrl(url) === undefined) {
      throw new GlideinError(
        'InvalidArgument',
        `the path of the URL ${shownUrl(url)} does not end with a file name`,
        {
          cure: 'write a URL whose path ends with the name that the file should get, at most 255 bytes long',
        },
      );
    }
  }
}
