/** Numbers of slots or GPUs, each of which belongs to one payload at a time. */
export class FreeNumbers {
  readonly #first: number;
  readonly #taken = new Set<number>();

  constructor(first: number) {
    this.#first = first;
  }

  /** Takes the lowest numbers that are free. */
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
