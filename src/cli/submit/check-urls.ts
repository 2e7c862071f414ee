import { GlideinError } from '#base/error.ts';
import { isFetched, nameOfUrl, schemeOf, shownUrl } from '#wire/input-urls.ts';

const cache =
  'write the https:// address that its origin or a cache of the federation has for it, or fetch it in the job with a client in its image';
const storage = 'sign a URL for it and write that, which begins with https://, or fetch it in the job itself';
const grid =
  'write its https:// address if the site has one (a proxy is not shown there), or fetch it in the job with a client in its image';

/** What to write for a URL that no pilot fetches, by its scheme. */
const cures: Readonly<Record<string, string>> = {
  file: 'write the path alone, without file://: a file of this machine travels with the job; one that pilots mount needs no transfer',
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
  davs: 'write https:// in the place of davs://',
  dav: 'write http:// in the place of dav://',
  ftp: 'put it where HTTP serves it, or fetch it in the job itself',
};

const otherwise =
  'put it where HTTP or HTTPS serves it, fetch it in the job itself, or bring it along as a file';

/**
 * Looks at the URLs among the inputs of a job.
 * @param transferInput the expression
 * @throws GlideinError Unsupported for one that no pilot fetches, InvalidArgument for one without the name of a file
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
        `the path of the URL ${shownUrl(url)} does not end with the name of a file`,
        {
          cure: 'write a URL whose path ends with the name that the file is to have, of 255 bytes at most',
        },
      );
    }
  }
}
