/** Bytes that grow at their end, in one piece. */
export class ByteBuffer {
  length = 0;
  #bytes = new Uint8Array();

  push(bytes: Uint8Array): void {
    const length = this.length + bytes.length;
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(bytes, this.length);
    this.length = length;
  }

  /** What was pushed from `start` to before `end`; valid until the next push. */
  view(start = 0, end = this.length): Uint8Array {
    return this.#bytes.subarray(start, end);
  }

  clear(): void {
    this.length = 0;
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
    larger.set(this.view());
    this.#bytes = larger;
  }
}
