/** A set of small integers, each of which takes one bit. */
export class BitSet {
  #words = new Uint32Array(1);

  add(item: number): void {
    const word = item >>> 5;
    if (word >= this.#words.length) this.#grow(word + 1);
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (item & 31));
  }

  delete(item: number): void {
    const word = item >>> 5;
    if (word < this.#words.length) this.#words[word] = (this.#words[word] ?? 0) & ~(1 << (item & 31));
  }

  has(item: number): boolean {
    return (((this.#words[item >>> 5] ?? 0) >>> (item & 31)) & 1) === 1;
  }

  /** The first from `from` on that is not in `other`; -1 if there is none. Thirty-two others are passed over in one step. */
  next(from: number, other: BitSet): number {
    let mask = -1 << (from & 31);
    for (let word = from >>> 5; word < this.#words.length; word += 1) {
      const left = (this.#words[word] ?? 0) & ~(other.#words[word] ?? 0) & mask;
      if (left !== 0) return word * 32 + 31 - Math.clz32(left & -left);
      mask = -1;
    }
    return -1;
  }

  /** Whether all of them are in `other`. */
  isWithin(other: BitSet): boolean {
    return this.#words.every((word, index) => (word & ~(other.#words[index] ?? 0)) === 0);
  }

  #grow(least: number): void {
    const words = new Uint32Array(Math.max(least, 2 * this.#words.length));
    words.set(this.#words);
    this.#words = words;
  }
}
