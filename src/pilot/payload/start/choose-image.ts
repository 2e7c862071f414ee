import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { ImageVolume } from '#spec/images.ts';
import type { PilotSpec } from '#spec/pilot.ts';
import type { Apptainer } from '../../runtime/apptainer.ts';
import { absentUnlessFault } from '../../runtime/node-fault.ts';
import { requireServed } from '../../runtime/served-directory.ts';
import type { FaultClass } from '../claim/fault-class.ts';
import { type FileRules, faultOfFile, type ReadBeginning, readBeginning } from './image-file.ts';
import { mountedImage } from './mounted-image.ts';
import { publishedNames } from './published-names.ts';
import { publisherSays } from './publisher-says.ts';

export interface ImageRules {
  /** Directories of expanded images, in the order in which they are searched. */
  readonly path: readonly string[];
  /** Further prefixes of absolute paths. */
  readonly allowed: readonly string[];
  readonly default?: string | undefined;
  /** Images that the kubelet has mounted, if it has. */
  readonly volumes?: readonly ImageVolume[] | undefined;
  /** If absent, no image file is run. */
  readonly imageFiles?: FileRules | undefined;
}

/**
 * The image, with all links followed, so that it stays the same while the payload runs. Or why there is none, and who is
 * to blame: the job, which named an image that does not exist, or the pilot, which lacks a whole directory of images.
 */
export type ImageChoice =
  | { readonly image: string; readonly isFile: boolean }
  | { readonly reason: string; readonly fault: FaultClass };

/** File system calls, as far as choosing an image needs them. */
export interface ImageFiles {
  /** The path with all links followed; undefined when it does not exist. */
  realpath(path: string): Promise<string | undefined>;
  isDirectory(path: string): Promise<boolean>;
  /** Names in a directory; empty when it cannot be read. */
  list(path: string): Promise<readonly string[]>;
  readonly beginning: ReadBeginning;
}

export const imageFiles: ImageFiles = {
  realpath: (path) => realpath(path).catch(absentUnlessFault),
  isDirectory: async (path) => {
    if (!((await stat(path).catch(absentUnlessFault))?.isDirectory() ?? false)) return false;
    await requireServed(path);
    return true;
  },
  list: (path) => readdir(path).catch(() => []),
  beginning: readBeginning,
};

/** Of a group that says nothing of image files. */
export const noFiles: FileRules = { wanted: 'None', works: undefined };

/** What a group says of images, with what the probe has found out. */
export const imageRulesOf = (
  images: PilotSpec['runtime']['images'],
  apptainer: Pick<Apptainer, 'files'> | undefined,
): ImageRules => ({ ...images, imageFiles: { wanted: images.files, works: apptainer?.files } });

/** The most names that a reason mentions. */
const namesShown = 8;

/** The most paths that a reason mentions. */
const triesShown = 12;

/** The image file `name` that the job has brought along. @param path where it is now */
export async function chooseBrought(
  name: string,
  path: string,
  { imageFiles: files = noFiles }: ImageRules,
): Promise<ImageChoice> {
  if (files.wanted !== 'FromJobs')
    return {
      fault: 'image',
      reason: `the job brings its image ${name}, and this group runs no images of jobs: name one that the pilots have`,
    };
  return (await faultOfFile(name, path, files)) ?? { image: path, isFile: true };
}

/**
 * Finds the image that a job names. One that the kubelet has mounted for the pilot comes first. A relative name is searched for along the path; an image of a registry
 * (`docker://…`), under the names that it may be published by. An absolute path must lie below a directory of the path or
 * below an allowed prefix, and must still do so after links are followed.
 * @throws errors of the file system that are the node's fault
 */
export async function chooseImage(
  named: string | undefined,
  rules: ImageRules,
  files: ImageFiles = imageFiles,
): Promise<ImageChoice> {
  const name = named ?? rules.default;
  if (name === undefined) return { fault: 'image', reason: await noneNamed(rules, files) };
  const mounted = await mountedImage(name, rules.volumes ?? [], files);
  if (mounted !== undefined) return { image: mounted, isFile: false };
  if (isAbsolute(name)) return await chooseAbsolute(name, rules, files);
  const names = namesOf(name);
  if (typeof names === 'string') return { fault: 'image', reason: names };
  return await search(name, names, rules, files);
}

/** The names to look for in each directory of images, the most exact one first; or why there are none. */
function namesOf(name: string): readonly string[] | string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(name);
  const rest = name.slice(scheme?.[0].length ?? 0);
  if (rest === '' || rest.split('/').includes('..'))
    return `the image name ${name} is empty or contains ".."`;
  if (scheme === null) return [rest];
  if (scheme[1]?.toLowerCase() === 'docker') return publishedNames(rest);
  return `the image ${name} cannot be fetched by pilots of this group: write NAME, /PATH or docker://NAME`;
}

async function search(
  name: string,
  names: readonly string[],
  rules: ImageRules,
  files: ImageFiles,
): Promise<ImageChoice> {
  const paths = names.flatMap((each) => rules.path.map((directory) => join(directory, each)));
  for (const path of paths) {
    const image = await files.realpath(path);
    if (image !== undefined) return await check(path, image, rules, files);
  }
  const shown = paths.slice(0, triesShown).join(', ');
  const more = paths.length > triesShown ? ` and ${paths.length - triesShown} more paths` : '';
  const known = await Promise.all(rules.path.map((directory) => files.realpath(directory)));
  const said = await publisherSays(rules.path, names);
  return {
    fault: known.every((directory) => directory === undefined) ? 'node' : 'image',
    reason: `there is no image "${name}" on this pilot${said === undefined ? ', whose operator can add it:' : `: ${said};`} tried ${shown}${more}; ${await offer(rules, files)}`,
  };
}

async function chooseAbsolute(name: string, rules: ImageRules, files: ImageFiles): Promise<ImageChoice> {
  const prefixes = [...rules.path, ...rules.allowed];
  const image = await files.realpath(name);
  const real = await Promise.all(prefixes.map((prefix) => files.realpath(prefix)));
  if (image === undefined) return missing(name, prefixes, real);
  if (real.some((prefix) => prefix !== undefined && isBelow(image, prefix))) {
    return await check(name, image, rules, files);
  }
  return {
    fault: 'image',
    reason: `the image ${name} is not allowed here: it must lie below ${prefixes.join(', ')}`,
  };
}

/** If a file system is missing that should be here (CVMFS was not mounted), that is not the job's fault. */
function missing(
  name: string,
  prefixes: readonly string[],
  real: readonly (string | undefined)[],
): ImageChoice {
  const lacking = prefixes.find((prefix, at) => isBelow(name, prefix) && real[at] === undefined);
  if (lacking === undefined) {
    const below = prefixes.join(', ');
    return {
      fault: 'image',
      reason: `there is no image ${name} on this pilot, whose operator can add it: images lie below ${below}`,
    };
  }
  return {
    fault: 'node',
    reason: `there is no image ${name} on this pilot: it does not even have ${lacking}`,
  };
}

async function check(
  name: string,
  image: string,
  rules: ImageRules,
  files: ImageFiles,
): Promise<ImageChoice> {
  if (await files.isDirectory(image)) return { image, isFile: false };
  return (
    (await faultOfFile(name, image, rules.imageFiles ?? noFiles, files.beginning)) ?? { image, isFile: true }
  );
}

const isBelow = (path: string, prefix: string) =>
  path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`) || path === prefix;

async function noneNamed(rules: ImageRules, files: ImageFiles): Promise<string> {
  return `the job names no image and this pilot has no default; write container_image = NAME: ${await offer(rules, files)}`;
}

async function offer(rules: ImageRules, files: ImageFiles): Promise<string> {
  const entries = (await Promise.all(rules.path.map((path) => files.list(path)))).flat();
  // What publishers keep for themselves is hidden.
  const names = new Set(entries.filter((name) => !name.startsWith('.')));
  if (names.size === 0) return 'there are no images there';
  const shown = [...names].sort().slice(0, namesShown);
  const more = names.size > shown.length ? ` and ${names.size - shown.length} more` : '';
  return `images here: ${shown.join(', ')}${more}`;
}
