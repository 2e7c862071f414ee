import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';

/** An image of a registry, by its tag or by its digest. */
export interface ImageReference {
  /** HOST or HOST:PORT; `docker.io` for Docker Hub, whatever name of it was written. */
  readonly registry: string;
  /** ORG/NAME; `library/NAME` for an image of Docker Hub without an ORG. */
  readonly repository: string;
  /** Absent only if there is a digest. */
  readonly tag: string | undefined;
  /** `sha256:…`; what the tag says is then of no importance. */
  readonly digest: string | undefined;
}

/** Whether the first part of an image's name is the host of a registry, and not a part of the repository. */
export const isHost = (part: string): boolean => /[.:]/.test(part) || part === 'localhost';

/** Whether a host is one of Docker Hub's. */
export const isDockerHub = (host: string): boolean => hubHosts.has(host.toLowerCase());

const hubHosts: ReadonlySet<string> = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
]);

/** The grammar of the distribution specification, within its lengths. */
const parts = {
  registry: /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$/i,
  repository: /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/,
  tag: /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/,
  digest: /^sha256:[0-9a-f]{64}$/,
};

/** Whether a text can be a tag. */
export const isTag = (text: string): boolean => parts.tag.test(text);

/** Whether a text can be the name of a repository, or the beginning of one. */
export const isRepository = (text: string): boolean => text.length <= longest && parts.repository.test(text);

/** Whether a text names an image. */
export function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}

/** The most characters of a repository's name. */
const longest = 255;

/**
 * Reads `[docker://][HOST/][ORG/]NAME[:TAG][@sha256:…]`. The first part is a host if it contains a dot or a colon, or is
 * `localhost`; the tag is `latest` if there is neither a tag nor a digest.
 * @throws GlideinError InvalidArgument
 */
export function parseReference(text: string): ImageReference {
  const [name = '', digest, ...more] = text.replace(/^docker:\/\//, '').split('@');
  const { registry, rest } = hostIn(name);
  const [path = '', ...tags] = rest.split(':');
  const tag = tags.length > 0 ? tags.join(':') : digest === undefined ? 'latest' : undefined;
  const isShort = registry === 'docker.io' && path !== '' && !path.includes('/');
  const reference = { registry, repository: isShort ? `library/${path}` : path, tag, digest };
  const problem = problemOf(reference, more.length > 0);
  if (problem === undefined) return reference;
  throw new GlideinError('InvalidArgument', `"${truncate(text, 300)}" names no image: ${problem}`, {
    cure: 'write [HOST/][ORG/]NAME[:TAG][@sha256:DIGEST], such as docker.io/library/debian:12',
  });
}

function hostIn(name: string): { readonly registry: string; readonly rest: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(0, slash)).toLowerCase();
  if (!isHost(first)) return { registry: 'docker.io', rest: name };
  return { registry: isDockerHub(first) ? 'docker.io' : first, rest: name.slice(slash + 1) };
}

function problemOf(
  { registry, repository, tag, digest }: ImageReference,
  isTwice: boolean,
): string | undefined {
  if (isTwice) return 'it has two digests';
  if (!parts.registry.test(registry)) return 'the host is not one';
  if (repository.length > longest) return `the name has more than ${longest} characters`;
  if (!parts.repository.test(repository))
    return 'a name consists of lower-case letters, digits and single . _ - or / between them';
  if (tag !== undefined && !parts.tag.test(tag))
    return 'a tag consists of up to 128 letters, digits, and . _ - except at its beginning';
  if (digest !== undefined && !parts.digest.test(digest))
    return 'a digest is sha256: with 64 hexadecimal digits';
  return undefined;
}

/** The reference in full, as people may write it again. */
export function referenceText({ registry, repository, tag, digest }: ImageReference): string {
  const tagText = tag === undefined ? '' : `:${tag}`;
  return `${registry}/${repository}${tagText}${digest === undefined ? '' : `@${digest}`}`;
}
