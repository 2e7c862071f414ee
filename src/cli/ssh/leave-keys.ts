/** `~.` at the beginning of a line ends a session whose other end does not answer, as in ssh(1). */
export class LeaveKeys {
  #last: 'line' | 'tilde' | 'other' = 'line';

  /**
   * What of the typed keys goes to the session.
   * @returns also whether to leave
   */
  type(keys: Buffer): { readonly send: Buffer; readonly leaves: boolean } {
    const send: number[] = [];
    for (const key of keys) {
      const isTilde = key === 0x7e;
      if (this.#last === 'tilde') {
        if (key === 0x2e) return { send: Buffer.from(send), leaves: true };
        // `~~` is a tilde.
        if (!isTilde) send.push(0x7e);
        send.push(key);
        this.#last = isLineEnd(key) ? 'line' : 'other';
      } else if (this.#last === 'line' && isTilde) this.#last = 'tilde';
      else {
        send.push(key);
        this.#last = isLineEnd(key) ? 'line' : 'other';
      }
    }
    return { send: Buffer.from(send), leaves: false };
  }
}

const isLineEnd = (key: number): boolean => key === 0x0d || key === 0x0a;
