import { GlideinError, isCode } from '#base/error.ts';
import type { ImageSetSpec } from '#spec/image-set.ts';
import { publishedName } from '../publish/publish-image.ts';
import { type ImageReference, parseReference, referenceText } from '../registry/reference.ts';
import { isPattern, tagFits } from './tag-pattern.ts';

/** One line of a set that names images. */
export interface SetEntry {
  /** As it was written. */
  readonly text: string;
  /** With the tag `latest`, if the entry is a pattern. */
  readonly reference: ImageReference;
  /** What its tags look like; undefined for one tag, or for a digest. */
  readonly pattern: string | undefined;
  /** Tags, or patterns of them, that are left out. */
  readonly exclude: readonly string[];
}

/** An entry that names no image. */
export interface BadEntry {
  readonly text: string;
  readonly problem: GlideinError;
}

export interface SetEntries {
  readonly entries: readonly SetEntry[];
  readonly bad: readonly BadEntry[];
}

/** The most lines of a list: each costs at least a request in each round. */
const mostLines = 2000;

/** The entries of a set: those of its `images`, then the lines of its `list`. One that is wrong does not spoil the others. */
export function entriesOf({ images, list = '' }: Pick<ImageSetSpec, 'images' | 'list'>): SetEntries {
  const lines = list.split('\n').flatMap((line) => {
    const reference = line.replace(/#.*$/, '').trim();
    return reference === '' ? [] : [{ reference, exclude: [] }];
  });
  const entries = new Map<string, SetEntry>();
  /** What each name leads to that an entry publishes by itself. */
  const names = new Map<string, string>();
  const bad: BadEntry[] = [];
  for (const { reference, exclude } of [...images, ...lines.slice(0, mostLines)])
    try {
      if (!entries.has(reference)) entries.set(reference, withOwnName(entryOf(reference, exclude), names));
    } catch (error) {
      if (!isCode(error, 'InvalidArgument')) throw error;
      bad.push({ text: reference.slice(0, 512), problem: error });
    }
  if (lines.length > mostLines)
    bad.push({
      text: `line ${mostLines + 1} of the list and those after it`,
      problem: new GlideinError('TooLarge', `the list has more than ${mostLines} images`),
    });
  return { entries: withoutPinned([...entries.values()]), bad };
}

/** Who names a digest for a tag wins over patterns that the tag fits: the name would go to and fro. */
function withoutPinned(entries: readonly SetEntry[]): SetEntry[] {
  const pinned = Map.groupBy(
    entries.filter(({ reference: { tag, digest } }) => tag !== undefined && digest !== undefined),
    ({ reference }) => repositoryOf(reference),
  );
  return entries.map((entry) => {
    if (entry.pattern === undefined) return entry;
    const tags = pinned.get(repositoryOf(entry.reference)) ?? [];
    return { ...entry, exclude: [...entry.exclude, ...tags.map(({ reference }) => reference.tag ?? '')] };
  });
}

/** @throws GlideinError InvalidArgument if an entry before it has the name lead elsewhere: it would go to and fro */
function withOwnName(entry: SetEntry, names: Map<string, string>): SetEntry {
  if (entry.pattern !== undefined) return entry;
  const name = publishedName(entry.reference);
  const wanted = referenceText(entry.reference);
  const before = names.get(name) ?? wanted;
  if (before !== wanted)
    throw new GlideinError('InvalidArgument', `another entry, ${before}, is published as ${name} too`, {
      cure: 'leave one of them out',
    });
  names.set(name, wanted);
  return entry;
}

/** @throws GlideinError InvalidArgument */
function entryOf(text: string, exclude: readonly string[]): SetEntry {
  const [, name = text, tag] = /^(.*):([^/]*)$/.exec(text) ?? [];
  if (tag === undefined || !isPattern(tag))
    return { text, reference: parseReference(text), pattern: undefined, exclude };
  return { text, reference: parseReference(name), pattern: tag, exclude };
}

/** Whether an entry wants a reference of its repository, as far as its words say. */
export function wants({ reference, pattern, exclude }: SetEntry, { tag, digest }: ImageReference): boolean {
  if (tag !== undefined && exclude.some((each) => tagFits(tag, each))) return false;
  if (pattern !== undefined) return tag !== undefined && tagFits(tag, pattern);
  return reference.tag === tag && reference.digest === digest;
}

/** The repository of an entry, as a key. */
export const repositoryOf = ({ registry, repository }: ImageReference): string => `${registry}/${repository}`;
