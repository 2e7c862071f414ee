import { isDeepStrictEqual } from 'node:util';
import { type ImageSetResourceStatus, mostShown } from '#api/image-set-status.ts';
import type { ImageSetStatus, ImageStatus, ListingStatus } from '#spec/image-set-status.ts';
import type { ImageSetResource } from '../cluster/resources.ts';
import { conditionsOf, type Finding } from '../status/conditions.ts';

/** How often, at most, a status is written of which only times have changed; milliseconds. */
const refreshMs = 60_000;

/** The most bytes of the lists in a status: an object of the cluster may have 1.5 MB. */
const mostBytes = 256 * 2 ** 10;

/** What one reconcile found out. */
export interface Inspected {
  readonly conditions: readonly Finding[];
  /** Absent when the publisher did not answer: what is known of images then stays. */
  readonly answer?: ImageSetStatus | undefined;
}

/** The status to write; undefined if it already says all of it, or all but the newest times. */
export function nextStatus(
  set: ImageSetResource,
  { conditions, answer }: Inspected,
  wall: number,
): ImageSetResourceStatus | undefined {
  const before = set.status ?? {};
  const generation = set.metadata.generation ?? 0;
  const now = new Date(wall).toISOString();
  const { observedGeneration: _, conditions: old, ...known } = before;
  const next = plain({
    observedGeneration: generation,
    conditions: conditionsOf(conditions, old, now, generation),
    ...(answer === undefined ? known : { ...shown(answer), lastAnswer: now }),
  });
  if (isDeepStrictEqual(plain(before), next)) return undefined;
  const recent = wall - Date.parse(before.lastAnswer ?? '') < refreshMs;
  return recent && isDeepStrictEqual(withoutTimes(before), withoutTimes(next)) ? undefined : next;
}

/** What a status has room for: what has failed comes first, and counts stand for the rest. */
export function shown({
  counts,
  images,
  listings,
  cleaning,
}: ImageSetStatus): Omit<ImageSetResourceStatus, 'observedGeneration' | 'conditions' | 'lastAnswer'> {
  const patterns = fitting(listings.toSorted(failuresFirst), mostShown.listings, mostBytes / 4);
  const tags = fitting(images.toSorted(neediestFirst), mostShown.images, mostBytes - bytesOf(patterns));
  return {
    counts,
    images: tags,
    listings: patterns,
    more: { images: images.length - tags.length, listings: listings.length - patterns.length },
    cleaning,
  };
}

function fitting<T>(all: readonly T[], most: number, bytes: number): T[] {
  const taken: T[] = [];
  let left = bytes;
  for (const each of all.slice(0, most)) {
    left -= bytesOf(each) + 1;
    if (left < 0) break;
    taken.push(each);
  }
  return taken;
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

const failuresFirst = (a: ListingStatus, b: ListingStatus): number =>
  Number(a.failure === undefined) - Number(b.failure === undefined);

/** Failed and not live, failed, not live yet, and then the newest. */
function neediestFirst(a: ImageStatus, b: ImageStatus): number {
  const difference = needOf(a) - needOf(b);
  if (difference !== 0) return difference;
  return (b.publishedAt ?? '').localeCompare(a.publishedAt ?? '') || a.reference.localeCompare(b.reference);
}

function needOf({ failure, digest }: ImageStatus): number {
  if (failure !== undefined) return digest === undefined ? 0 : 1;
  return digest === undefined ? 2 : 3;
}

/** What changes with every check of a registry. */
const times = new Set(['lastAnswer', 'lastCheckedAt', 'nextCheckAt', 'listedAt', 'at', 'attempts']);

const withoutTimes = (status: ImageSetResourceStatus): unknown =>
  JSON.parse(JSON.stringify(status, (key, value: unknown) => (times.has(key) ? undefined : value)));

/** Without fields that are `undefined`, as JSON has it. */
const plain = (status: ImageSetResourceStatus): ImageSetResourceStatus =>
  JSON.parse(JSON.stringify(status)) as ImageSetResourceStatus;
