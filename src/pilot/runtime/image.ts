import { readdir, realpath } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

export interface ImageRules {
  /** Directories of expanded images, in the order in which they are searched. */
  readonly path: readonly string[];
  /** Further prefixes of absolute paths. */
  readonly allowed: readonly string[];
  readonly default?: string | undefined;
}

/** The image, with all links followed so that it stays the same for the payload's life; or why there is none. */
export type ImageChoice = { readonly image: string } | { readonly reason: string };

/** File system calls, as far as choosing an image needs them. */
export interface ImageFiles {
  /** The path with all links followed; undefined when it does not exist. */
  realpath(path: string): Promise<string | undefined>;
  /** Names in a directory; empty when it cannot be read. */
  list(path: string): Promise<readonly string[]>;
}

export const imageFiles: ImageFiles = {
  realpath: (path) => realpath(path).catch(() => undefined),
  list: (path) => readdir(path).catch(() => []),
};

/** Names that the reason mentions at most. */
const namesShown = 8;

/**
 * Where the image that a job names lies. A relative name is searched for along the path; an absolute one must lie
 * below a directory of the path or an allowed prefix, also after links are followed.
 */
export async function chooseImage(
  named: string | undefined,
  rules: ImageRules,
  files: ImageFiles = imageFiles,
): Promise<ImageChoice> {
  const name = named ?? rules.default;
  if (name === undefined) return { reason: await noneNamed(rules, files) };
  if (isAbsolute(name)) return await chooseAbsolute(name, rules, files);
  if (/^[a-z]+:\/\//i.test(name)) {
    return { reason: `the image ${name} is not a directory: this pilot runs expanded images only` };
  }
  if (name.split('/').includes('..')) return { reason: `the image name ${name} contains ".."` };
  for (const directory of rules.path) {
    const image = await files.realpath(join(directory, name));
    if (image !== undefined) return { image };
  }
  return { reason: `there is no image "${name}" in ${rules.path.join(', ')}; ${await offer(rules, files)}` };
}

async function chooseAbsolute(name: string, rules: ImageRules, files: ImageFiles): Promise<ImageChoice> {
  const prefixes = [...rules.path, ...rules.allowed];
  const image = await files.realpath(name);
  if (image === undefined) return { reason: `there is no image ${name} on this pilot` };
  const real = await Promise.all(prefixes.map((prefix) => files.realpath(prefix)));
  if (real.some((prefix) => prefix !== undefined && isBelow(image, prefix))) return { image };
  return { reason: `the image ${name} is not allowed here: it must lie below ${prefixes.join(', ')}` };
}

const isBelow = (path: string, prefix: string) =>
  path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`) || path === prefix;

async function noneNamed(rules: ImageRules, files: ImageFiles): Promise<string> {
  return `the job names no image and this pilot has no default; write container_image = NAME: ${await offer(rules, files)}`;
}

async function offer(rules: ImageRules, files: ImageFiles): Promise<string> {
  const names = new Set((await Promise.all(rules.path.map((path) => files.list(path)))).flat());
  if (names.size === 0) return 'there are no images there';
  const shown = [...names].sort().slice(0, namesShown);
  const more = names.size > shown.length ? ` and ${names.size - shown.length} more` : '';
  return `images here: ${shown.join(', ')}${more}`;
}
