/** A number of cores that changes, and the core-seconds that it has added up to. Times are monotonic milliseconds. */
export class CoreSeconds {
  #cores = 0;
  #milliseconds = 0;
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  get cores(): number {
    return this.#cores;
  }

  shift(cores: number, now: number): void {
    this.#milliseconds += this.#cores * Math.max(0, now - this.#since);
    this.#since = now;
    this.#cores += cores;
  }

  at(now: number): number {
    return (this.#milliseconds + this.#cores * Math.max(0, now - this.#since)) / 1000;
  }
}
