/** Bytes of the table. With a million files, about one removable file in several thousand is kept by mistake. */
const size = 4 * 2 ** 20;

/** Bits that each digest sets in the table. */
const places = 4;

/**
 * A Bloom filter for digests: a set in little memory that never misses a digest that was added, and now and then reports one
 * that was not. Digests are already random, so their own bytes serve as hashes.
 */
export class BloomFilter {
  readonly #bits = new Uint8Array(size);

  add(digest: string): void {
    for (const place of placesOf(digest))
      this.#bits[place >>> 3] = (this.#bits[place >>> 3] ?? 0) | (1 << (place & 7));
  }

  has(digest: string): boolean {
    return placesOf(digest).every((place) => ((this.#bits[place >>> 3] ?? 0) & (1 << (place & 7))) !== 0);
  }
}

function placesOf(digest: string): number[] {
  const start = 'sha256:'.length;
  return Array.from(
    { length: places },
    (_, index) => Number.parseInt(digest.slice(start + 8 * index, start + 8 * index + 8), 16) % (size * 8),
  );
}
