/** The most bytes of values; beyond, all are worked out again. */
const mostBytes = 64 * 2 ** 20;

/** The most texts of which it is known who has asked for their values. */
const mostTexts = 20_000;

/** The truth of one clause by number: of buckets, or of slots. */
export class Truths {
  #codes = new Int8Array(0);

  get bytes(): number {
    return this.#codes.length;
  }

  /** Whether the clause holds there; it is evaluated if that is not known. */
  ask(index: number, evaluate: () => boolean): boolean {
    const code = this.#codes[index] ?? 0;
    if (code !== 0) return code === 1;
    const holds = evaluate();
    this.#set(index, holds);
    return holds;
  }

  #set(index: number, isTrue: boolean): void {
    if (index >= this.#codes.length) {
      const codes = new Int8Array(Math.max(index + 1, 2 * this.#codes.length, 16));
      codes.set(this.#codes);
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

  /** @param by the number of the autocluster that asks @returns undefined as long as no other has asked */
  of(text: string, by: number): Truths | undefined {
    const asked = this.#byText.get(text);
    if (asked === undefined) {
      if (this.#byText.size >= mostTexts) this.#byText.clear();
      this.#byText.set(text, { by, truths: undefined });
      return undefined;
    }
    if (asked.truths === undefined && asked.by !== by) {
      if (this.#bytes() > mostBytes) this.clear();
      asked.truths = new Truths();
    }
    return asked.truths;
  }

  clear(): void {
    this.#byText.clear();
  }

  #bytes(): number {
    let bytes = 0;
    for (const { truths } of this.#byText.values()) bytes += truths?.bytes ?? 0;
    return bytes;
  }
}
