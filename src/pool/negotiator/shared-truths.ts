/** The most bytes of values; beyond, all are worked out again. */
const mostBytes = 64 * 2 ** 20;

/** The most texts of which it is known who has asked for their values. */
const mostTexts = 20_000;

/** The bytes of the values of all clauses together. */
interface Held {
  bytes: number;
}

/** The truth of one clause by number: of buckets, or of slots. */
export class Truths {
  readonly #held: Held;
  #codes = new Int8Array(0);

  /** @param held counts what this takes */
  constructor(held: Held) {
    this.#held = held;
  }

  /** Whether the clause holds there; undefined if that is not known. */
  of(index: number): boolean | undefined {
    const code = this.#codes[index] ?? 0;
    return code === 0 ? undefined : code === 1;
  }

  set(index: number, isTrue: boolean): void {
    if (index >= this.#codes.length) {
      const codes = new Int8Array(Math.max(index + 1, 2 * this.#codes.length, 16));
      codes.set(this.#codes);
      this.#held.bytes += codes.length - this.#codes.length;
      this.#codes = codes;
    }
    this.#codes[index] = isTrue ? 1 : 2;
  }
}

interface Asked {
  /** Who has asked first. */
  readonly by: number;
  /** Made when somebody else asks: most texts are those of one autocluster. */
  truths: Truths | undefined;
}

/**
 * The truth of clauses that read nothing of the job, by their texts: the Requirements of most jobs have the same clauses, so
 * they are evaluated once for a bucket, or a slot, and not once for each autocluster.
 */
export class SharedTruths {
  readonly #byText = new Map<string, Asked>();
  #held: Held = { bytes: 0 };

  /** What the values take. */
  get bytes(): number {
    return this.#held.bytes;
  }

  /** @param by the number of the autocluster that asks @returns undefined as long as no other has asked */
  of(text: string, by: number): Truths | undefined {
    // Those that are known grow with the numbers of slots.
    if (this.bytes > mostBytes || this.#byText.size > mostTexts) this.clear();
    const asked = this.#byText.get(text);
    if (asked === undefined) {
      this.#byText.set(text, { by, truths: undefined });
      return undefined;
    }
    if (asked.by !== by) asked.truths ??= new Truths(this.#held);
    return asked.truths;
  }

  clear(): void {
    this.#byText.clear();
    this.#held = { bytes: 0 };
  }
}
