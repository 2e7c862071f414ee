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

  /** Those that are not in `other`, in ascending order. The work is mostly that of their number: 32 others take one step. */
  without(other: BitSet): number[] {
    const found: number[] = [];
    for (let word = 0; word < this.#words.length; word += 1) {
      let left = (this.#words[word] ?? 0) & ~(other.#words[word] ?? 0);
      while (left !== 0) {
        found.push(word * 32 + 31 - Math.clz32(left & -left));
        left &= left - 1;
      }
    }
    return found;
  }

  #grow(least: number): void {
    const words = new Uint32Array(Math.max(least, 2 * this.#words.length));
    words.set(this.#words);
    this.#words = words;
  }
}
