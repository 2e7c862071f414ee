/** Bytes of the table: with a million files one in some thousands is kept that could go. */
const size = 4 * 2 ** 20;

/** Places of the table that each digest has. */
const places = 4;

/**
 * A set of digests in little memory that never denies one that it has, and now and then has one that was never put
 * (a Bloom filter; digests are random already, so their own bytes are the hash).
 */
export class Marks {
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
