import type { Attributes } from '../attributes/given-value.ts';

/**
 * Gathers what each proc has for itself and sorts out what all of them have alike: that is the cluster's. A million procs
 * keep nothing twice meanwhile.
 */
export class Differences {
  #first: Attributes | undefined;
  #sizeOfFirst = 0;
  /** Of each proc only what is not as in the first one. */
  readonly #each: Attributes[] = [];
  readonly #varying = new Set<string>();
  /** What the first proc has and others lack. */
  readonly #lacking = new Map<Attributes, Set<string>>();

  /** Returns what is kept of these attributes of the next proc. */
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

  /** What all procs have alike, and what each has of its own. */
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
