import type { ImageCounts, ImageSetStatus, ImageStatus, ListingStatus } from '#spec/image-set-status.ts';
import { isReference, parseReference, referenceText } from '../registry/reference.ts';
import { repositoryOf, type SetEntries, type SetEntry, wants } from './entries.ts';
import { iso } from './schedule.ts';

/** What is known of each tag of a set on each platform, and of each pattern. */
export class SetState {
  readonly #images = new Map<string, ImageStatus>();
  readonly #listings = new Map<string, ListingStatus>();
  /** The tags that fit each pattern; undefined for one that has not been listed since this process began. */
  readonly #tags = new Map<string, ReadonlySet<string>>();
  #entries: SetEntries = { entries: [], bad: [] };
  #byRepository: ReadonlyMap<string, readonly SetEntry[]> = new Map();
  #platforms: readonly string[] = [];

  constructor(before: Pick<ImageSetStatus, 'images' | 'listings'> | undefined) {
    // The file may be an older version's, or somebody's: what names no image would be in the way of all others.
    for (const image of before?.images ?? [])
      if (isReference(image.reference)) this.#images.set(keyOf(image), image);
    for (const listing of before?.listings ?? []) this.#listings.set(listing.reference, listing);
  }

  /** Takes over what a set names. Whatever is unknown now is due at once. @param now milliseconds since the epoch */
  adopt(entries: SetEntries, platforms: readonly string[], now: number): void {
    this.#entries = entries;
    this.#byRepository = Map.groupBy(entries.entries, ({ reference }) => repositoryOf(reference));
    this.#platforms = platforms;
    const texts = new Set([...entries.entries, ...entries.bad].map(({ text }) => text));
    for (const text of this.#listings.keys()) if (!texts.has(text)) this.#listings.delete(text);
    for (const text of this.#tags.keys()) if (!texts.has(text)) this.#tags.delete(text);
    for (const { text, problem } of entries.bad) {
      const failure = { code: problem.code, reason: problem.describe(), at: iso(now), attempts: 1 };
      this.#listings.set(text, { reference: text, failure });
    }
    for (const entry of entries.entries)
      if (entry.pattern === undefined && wants(entry, entry.reference))
        this.#want(referenceText(entry.reference));
    this.#mark(now);
  }

  get entries(): SetEntries {
    return this.#entries;
  }

  get images(): Iterable<ImageStatus> {
    return this.#images.values();
  }

  listing(text: string): ListingStatus | undefined {
    return this.#listings.get(text);
  }

  /** What has failed is due at once. */
  retryNow(): void {
    for (const [key, { nextCheckAt: _, failure, ...image }] of this.#images) {
      if (failure === undefined) continue;
      const { retryAt: __, ...rest } = failure;
      this.#images.set(key, { ...image, failure: rest });
    }
    for (const [text, { nextCheckAt: _, ...listing }] of this.#listings)
      if (listing.failure !== undefined) this.#listings.set(text, listing);
  }

  image(reference: string, platform: string): ImageStatus | undefined {
    return this.#images.get(keyOf({ reference, platform }));
  }

  put(image: ImageStatus): void {
    // Whether it is listed may have changed while it was worked at, or it may be gone.
    const now = this.#images.get(keyOf(image));
    if (now === undefined) return;
    const { unlistedSince: _, ...rest } = image;
    const { unlistedSince } = now;
    this.#images.set(keyOf(image), unlistedSince === undefined ? rest : { ...rest, unlistedSince });
  }

  drop(image: ImageStatus): void {
    this.#images.delete(keyOf(image));
  }

  putListing(listing: ListingStatus): void {
    this.#listings.set(listing.reference, listing);
  }

  /** How many tags other patterns than this stand for. */
  tagsOfOthers(text: string): number {
    let count = 0;
    for (const [other, tags] of this.#tags) if (other !== text) count += tags.size;
    return count;
  }

  /** A registry has listed the tags of a pattern. */
  listed(entry: SetEntry, tags: readonly string[], now: number): void {
    this.#tags.set(entry.text, new Set(tags));
    for (const tag of tags) this.#want(referenceText({ ...entry.reference, tag, digest: undefined }));
    this.#mark(now, repositoryOf(entry.reference));
  }

  counts(): ImageCounts {
    const counts = { tags: 0, published: 0, pending: 0, failed: 0 };
    for (const { digest, failure, unlistedSince } of this.#images.values()) {
      if (unlistedSince !== undefined) continue;
      counts.tags += 1;
      if (digest !== undefined) counts.published += 1;
      else if (failure === undefined) counts.pending += 1;
      if (failure !== undefined) counts.failed += 1;
    }
    for (const { failure } of this.#listings.values()) if (failure !== undefined) counts.failed += 1;
    return counts;
  }

  /** Images in the order of their names, and patterns in that of the set. */
  status(): Pick<ImageSetStatus, 'counts' | 'images' | 'listings'> {
    const images = [...this.#images.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    return { counts: this.counts(), images, listings: [...this.#listings.values()] };
  }

  #want(reference: string): void {
    for (const platform of this.#platforms) {
      const image = { reference, platform };
      if (!this.#images.has(keyOf(image))) this.#images.set(keyOf(image), image);
    }
  }

  /** Notes since when tags are not listed, and drops those of which nothing is published. */
  #mark(now: number, repository = ''): void {
    for (const [key, image] of this.#images) {
      if (!key.startsWith(repository)) continue;
      const { unlistedSince, ...listed } = image;
      const isWanted = this.#isWanted(image);
      if (isWanted === true) this.#images.set(key, listed);
      else if (image.digest === undefined && isWanted === false) this.#images.delete(key);
      else if (isWanted === false && unlistedSince === undefined)
        this.#images.set(key, { ...image, unlistedSince: iso(now) });
    }
  }

  /** Undefined: only a registry knows that has not listed its tags yet. */
  #isWanted({ reference, platform }: ImageStatus): boolean | undefined {
    if (!this.#platforms.includes(platform)) return false;
    const parsed = parseReference(reference);
    let isKnown = true;
    for (const entry of this.#byRepository.get(repositoryOf(parsed)) ?? []) {
      if (!wants(entry, parsed)) continue;
      const tags = this.#tags.get(entry.text);
      if (entry.pattern === undefined || tags?.has(parsed.tag ?? '') === true) return true;
      if (tags === undefined) isKnown = false;
    }
    return isKnown ? false : undefined;
  }
}

const keyOf = ({ reference, platform }: Pick<ImageStatus, 'reference' | 'platform'>): string =>
  `${reference} ${platform}`;
