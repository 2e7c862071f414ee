/** Milliseconds of work before other requests get their turn. */
const slice = 5;

interface SlicesOptions {
  /** Resolves when it is the turn of this request again. @param spent milliseconds of work since its last turn */
  readonly turn: (spent: number) => Promise<void>;
  /** Monotonic milliseconds; those of the process if absent. */
  readonly now?: () => number;
}

/** Divides the work for one answer into slices, so that nobody else has to wait for all of it. */
export class Slices {
  readonly #turn: SlicesOptions['turn'];
  readonly #now: () => number;
  #began: number;

  constructor({ turn, now = () => performance.now() }: SlicesOptions) {
    this.#turn = turn;
    this.#now = now;
    this.#began = now();
  }

  /** Whether the current slice is over; then {@link rest}. Ask often: the answer is cheap, and no promise. */
  get isOver(): boolean {
    return this.#now() - this.#began >= slice;
  }

  /** Lets others work. */
  async rest(): Promise<void> {
    await this.#turn(this.#now() - this.#began);
    this.#began = this.#now();
  }

  /** Between two parts of the work: {@link rest} if the slice is over. */
  async pause(): Promise<void> {
    if (this.isOver) await this.rest();
  }
}
