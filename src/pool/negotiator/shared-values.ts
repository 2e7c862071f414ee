/** The most texts whose values are kept; beyond, all are worked out again. */
const mostTexts = 5_000;
const mostSlotTexts = 200;

/** Values of one expression by number; they are worked out when they are asked for. */
export class Values {
  #numbers = new Float64Array(0);

  /** Undefined while it is not known. */
  get(index: number): number | undefined {
    const value = this.#numbers[index];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  }

  /** @param value no NaN */
  set(index: number, value: number): void {
    if (index >= this.#numbers.length) {
      const numbers = new Float64Array(Math.max(index + 1, 2 * this.#numbers.length, 16)).fill(Number.NaN);
      numbers.set(this.#numbers);
      this.#numbers = numbers;
    }
    this.#numbers[index] = value;
  }
}

/**
 * Values of expressions that read nothing of the job, by their texts: the Requirements of most jobs have the same clauses, so
 * they are evaluated once for a bucket, or a slot, and not once for each autocluster.
 */
export class SharedValues {
  readonly #ofBuckets = new Map<string, Values>();
  readonly #ofSlots = new Map<string, Values>();

  /** By the numbers of buckets. */
  ofBuckets(text: string): Values {
    return valuesOf(this.#ofBuckets, text, mostTexts);
  }

  /** By the numbers of slots. */
  ofSlots(text: string): Values {
    return valuesOf(this.#ofSlots, text, mostSlotTexts);
  }

  clear(): void {
    this.#ofBuckets.clear();
    this.#ofSlots.clear();
  }
}

function valuesOf(all: Map<string, Values>, text: string, most: number): Values {
  let values = all.get(text);
  if (values === undefined) {
    if (all.size >= most) all.clear();
    values = new Values();
    all.set(text, values);
  }
  return values;
}
