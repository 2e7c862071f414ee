import { GlideinError } from '#base/error.ts';

/** A body that is being read. */
export interface BodyShare {
  /** So many bytes more have come. */
  add(bytes: number): void;
  /** Nothing of it is in memory any more. */
  end(): void;
}

interface Reader {
  bytes: number;
  readonly giveUp: (reason: GlideinError) => void;
}

/** The most bytes of all bodies that are read at a time. */
const most = 32 * 2 ** 20;

/**
 * What all bodies together take that are read into memory: each is bounded, but hundreds may come at once. When it is too much, the
 * largest of them is given up, so that no registry with answers of the usual size suffers from another with huge ones.
 */
export class BodyBudget {
  readonly #readers = new Set<Reader>();
  #bytes = 0;

  /** @param giveUp ends the reading of this body, for others */
  begin(giveUp: (reason: GlideinError) => void): BodyShare {
    const reader = { bytes: 0, giveUp };
    this.#readers.add(reader);
    return {
      add: (bytes) => {
        if (!this.#readers.has(reader)) return;
        reader.bytes += bytes;
        this.#bytes += bytes;
        if (this.#bytes > most) this.#giveUpLargest();
      },
      end: () => this.#forget(reader),
    };
  }

  #giveUpLargest(): void {
    const [largest] = [...this.#readers].sort((a, b) => b.bytes - a.bytes);
    if (largest === undefined) return;
    this.#forget(largest);
    largest.giveUp(
      new GlideinError(
        'Unavailable',
        'registries send too many large answers at a time, of which this was the largest',
      ),
    );
  }

  #forget(reader: Reader): void {
    if (this.#readers.delete(reader)) this.#bytes -= reader.bytes;
  }
}
