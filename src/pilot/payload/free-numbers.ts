/** Numbers that the payloads of a pilot share, each of them one payload's at a time: of slots, and of GPUs. */
export class FreeNumbers {
  readonly #first: number;
  readonly #taken = new Set<number>();

  constructor(first: number) {
    this.#first = first;
  }

  /** The lowest ones that nobody has. */
  take(count: number): readonly number[] {
    const taken: number[] = [];
    for (let number = this.#first; taken.length < count; number += 1) {
      if (this.#taken.has(number)) continue;
      this.#taken.add(number);
      taken.push(number);
    }
    return taken;
  }

  giveBack(numbers: readonly number[]): void {
    for (const number of numbers) this.#taken.delete(number);
  }
}
