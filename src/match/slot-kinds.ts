import type { Expression } from '#classad/ast.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { printExpression } from '#classad/print.ts';
import { references } from '#classad/references.ts';

/** The attributes of a job or a slot that a match reads first. */
const roots = ['requirements', 'requestcpus', 'requestmemory', 'requestdisk', 'requestgpus'];

/** The attributes of a slot that packing changes. */
const changing: ReadonlySet<string> = new Set(['cpus', 'memory', 'disk', 'gpus']);

/**
 * Tells which slots are alike for these jobs: equal in every attribute that a match can read, except for the resources that
 * are left. A thousand pilots of one group differ only in name and host, so they are one kind.
 */
export class SlotKinds {
  readonly #names: readonly string[];
  readonly #numbers = new Map<string, number>();

  constructor(jobs: readonly ClassAd[], slots: readonly ClassAd[]) {
    this.#names = [...namesRead([...jobs, ...slots])].filter((name) => !changing.has(name)).sort();
  }

  /** The same number for slots that are alike. */
  kindOf(slot: ClassAd): number {
    const parts: string[] = [];
    for (const name of this.#names) {
      const expression = slot.get(name);
      if (expression !== undefined) parts.push(`${name}=${printExpression(expression)}`);
    }
    const text = parts.join('\n');
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

/** All names that the expressions of these ads refer to, on either side of the match. Too many names do no harm here. */
function namesRead(ads: readonly ClassAd[]): ReadonlySet<string> {
  const found = new Set(roots);
  const read = new Set<Expression>();
  // The loop also visits what it adds to the set.
  for (const name of found) {
    for (const ad of ads) {
      const expression = ad.get(name);
      if (expression === undefined || expression.kind === 'literal' || read.has(expression)) continue;
      read.add(expression);
      const { my, target, bare } = references(expression);
      for (const names of [my, target, bare]) for (const each of names) found.add(each);
    }
  }
  return found;
}
