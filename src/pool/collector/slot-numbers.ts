/** The numbers of a pilot's dynamic slots: the lowest that is free, as HTCondor and the pilot itself count them. */
export class SlotNumbers {
  /** One bit for each number, from 1; set while it is taken. */
  readonly #words: number[] = [];

  take(): number {
    const at = this.#words.findIndex((word) => word !== everyBit);
    const index = at === -1 ? this.#words.length : at;
    const word = this.#words[index] ?? 0;
    const bit = 31 - Math.clz32(~word & -~word);
    this.#words[index] = word | (1 << bit);
    return index * 32 + bit + 1;
  }

  giveBack(number: number): void {
    const index = (number - 1) >> 5;
    this.#words[index] = (this.#words[index] ?? 0) & ~(1 << ((number - 1) & 31));
  }
}

const everyBit = -1;
