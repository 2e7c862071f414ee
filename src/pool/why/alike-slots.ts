import type { Expression } from '#classad/ast.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { printExpression } from '#classad/print.ts';
import { references } from '#classad/references.ts';
import { Absent, Computed, type Slot } from '#classad/slot.ts';

/** The attributes of a job or a slot with which a match begins. */
const roots = ['requirements', 'start', 'requestcpus', 'requestmemory', 'requestdisk', 'requestgpus'];

/** What a slot offers is compared in every match, whoever else reads it. */
const offered = ['cpus', 'memory', 'disk', 'gpus'];

/** A slot, and what is counted of it. */
export interface SlotOf<Item> {
  readonly slot: ClassAd;
  readonly item: Item;
}

/** Slots that no condition of the job tells apart; `slot` is the ad of the first. */
export interface AlikeSlots<Item> {
  readonly slot: ClassAd;
  readonly items: readonly Item[];
}

/**
 * Gathers slots that are equal in everything that a match with `job` can read: a thousand pilots of one group, which differ in
 * their names, are looked at once.
 */
export function alikeSlots<Item>(job: ClassAd, all: readonly SlotOf<Item>[]): AlikeSlots<Item>[] {
  const texts = new ExpressionTexts();
  const names = namesRead(job, all, texts);
  const found = new Map<string, { readonly slot: ClassAd; readonly items: Item[] }>();
  for (const { slot, item } of all) {
    const key = names.map((name) => texts.of(slot, name)).join('\n');
    const known = found.get(key);
    if (known === undefined) found.set(key, { slot, items: [item] });
    else known.items.push(item);
  }
  return [...found.values()];
}

/** Names in lower case that the job's and the slots' conditions can read in a slot. Too many do no harm. */
function namesRead<Item>(
  job: ClassAd,
  all: readonly SlotOf<Item>[],
  texts: ExpressionTexts,
): readonly string[] {
  const names = new Set([...roots, ...offered]);
  const read = new Set<string>();
  const ads = [job, ...all.map(({ slot }) => slot)];
  // The loop also visits what it adds to the set.
  for (const name of names) {
    for (const ad of ads) {
      const entry = ad.slot(name);
      if (!(entry instanceof Computed)) continue;
      const text = texts.ofEntry(entry, ad, name);
      if (read.has(text)) continue;
      read.add(text);
      const { my, target, bare } = references(entry.expression);
      for (const those of [my, target, bare]) for (const each of those) names.add(each);
    }
  }
  return [...names];
}

/** What slots hold, as texts that are equal only for what is equal. An expression is printed once. */
class ExpressionTexts {
  readonly #printed = new Map<Expression, string>();

  of(ad: ClassAd, name: string): string {
    return this.ofEntry(ad.slot(name), ad, name);
  }

  ofEntry(entry: Slot, ad: ClassAd, name: string): string {
    if (entry instanceof Absent) return '';
    if (entry instanceof Computed) {
      let text = this.#printed.get(entry.expression);
      if (text === undefined) {
        text = printExpression(entry.expression);
        this.#printed.set(entry.expression, text);
      }
      return text;
    }
    if (typeof entry === 'number' || typeof entry === 'boolean') return String(entry);
    const expression = ad.get(name);
    return expression === undefined ? '' : printExpression(expression);
  }
}
