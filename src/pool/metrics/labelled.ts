/** Stands for all names beyond those that have series of their own. */
export const others = '(others)';

/**
 * What is counted for each of many names, of which only the first get an entry of their own: whoever invents names must not
 * fill the memory of this process and of Prometheus.
 */
export class Labelled<Counted> {
  readonly #byName = new Map<string, Counted>();
  readonly #most: number;
  readonly #create: (name: string) => Counted;

  constructor(most: number, create: (name: string) => Counted) {
    this.#most = most;
    this.#create = create;
  }

  of(name: string): Counted {
    const own = this.#byName.get(name);
    if (own !== undefined) return own;
    if (this.#byName.size >= this.#most && name !== others) return this.of(others);
    const created = this.#create(name);
    this.#byName.set(name, created);
    return created;
  }

  all(): Iterable<readonly [string, Counted]> {
    return this.#byName;
  }
}
