import type { Attributes } from '../attributes/given-value.ts';

/**
 * Collects the attributes of all procs and separates those that all of them have in common, which belong to the cluster. Even
 * a million procs store no value twice meanwhile.
 */
export class Differences {
  #first: Attributes | undefined;
  #sizeOfFirst = 0;
  /** For each proc, only what differs from the first. */
  readonly #each: Attributes[] = [];
  readonly #varying = new Set<string>();
  /** For each proc, the attributes of the first proc that it lacks. */
  readonly #lacking = new Map<Attributes, Set<string>>();

  /** Adds the next proc. @returns those of its attributes that are stored */
  add(attributes: Attributes): Attributes {
    const own: Attributes = {};
    this.#each.push(own);
    const first = this.#first;
    if (first === undefined) {
      this.#first = attributes;
      this.#sizeOfFirst = Object.keys(attributes).length;
      return attributes;
    }
    let shared = 0;
    for (const name in attributes) {
      const value = attributes[name] as string;
      const before = first[name];
      if (before !== undefined) shared += 1;
      if (before === value) continue;
      own[name] = value;
      this.#varying.add(name);
    }
    if (shared < this.#sizeOfFirst) this.#noteLacking(first, attributes, own);
    return own;
  }

  #noteLacking(first: Attributes, attributes: Attributes, own: Attributes): void {
    for (const name of Object.keys(first)) {
      if (name in attributes) continue;
      this.#varying.add(name);
      this.#lacking.set(own, (this.#lacking.get(own) ?? new Set()).add(name));
    }
  }

  /** The attributes that all procs have in common, and each proc's own. */
  split(): { readonly same: Attributes; readonly each: readonly Attributes[] } {
    const same: Attributes = {};
    for (const [name, value] of Object.entries(this.#first ?? {})) {
      if (!this.#varying.has(name)) {
        same[name] = value;
        continue;
      }
      for (const own of this.#each) {
        if (this.#lacking.get(own)?.has(name) !== true) own[name] ??= value;
      }
    }
    return { same, each: this.#each };
  }
}
