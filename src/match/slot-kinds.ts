import type { Expression } from '#classad/ast.ts';
import type { AttributeTable } from '#classad/attribute-table.ts';
import { attributesRead } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Layout } from '#classad/layout.ts';
import { printExpression } from '#classad/print.ts';
import { absent, Computed, type Slot } from '#classad/slot.ts';

/** The attributes of a partitionable slot that change with each claim. */
export const freeAttributes: ReadonlySet<string> = new Set(['cpus', 'memory', 'disk', 'gpus']);

/** The attributes of a job that a match reads first. */
const roots = ['requirements', 'requestcpus', 'requestmemory', 'requestdisk', 'requestgpus'];

/** What an attribute of which nearly every slot has its own value is in some of them. */
export interface Individual {
  /** Whether it is an expression. */
  readonly computed: boolean;
  /** Whether that depends on time or chance, or on what cannot be known. */
  readonly clock: boolean;
}

/** Nothing is known of what is not looked at. */
const unknown: Individual = { computed: true, clock: true };

/** More attributes than this do not divide the kinds, whoever reads them; what people write reads a few dozen. */
const mostNames = 500;

/** Whether a slot has an attribute is no longer looked up beyond these numbers of different slots and of names. */
const mostLayouts = 2_000;
const mostAbsent = 50_000;

/**
 * Slots that are alike: equal in every attribute that a match may read, except for what is free. It has successors once more
 * attributes are read than when it was found.
 */
export interface SlotKind {
  readonly number: number;
  /** By how many of the attributes it was told from others. */
  readonly depth: number;
  /** The first successor, and what the attribute is there; most kinds have only one. */
  key: unknown;
  first: SlotKind | undefined;
  /** The others. */
  others: Map<unknown, SlotKind> | undefined;
}

interface SlotKindsOptions {
  /** An attribute with more values among the slots than this is *individual* and does not divide kinds; infinite if absent. */
  readonly mostValues?: number;
  /** Whether slots of which more or less is free are of different kinds; not if absent. */
  readonly tellsFree?: boolean;
}

/**
 * Tells which slots are alike, as far as jobs and the slots themselves read. A thousand pilots of one group differ only in
 * name and host, so they are one kind.
 *
 * The kinds form a tree that is divided by one attribute after the other. When another attribute begins to be read, each kind
 * is divided further, and only slots that differ in it get another number: what is known about the others stays valid.
 */
export class SlotKinds {
  /** Grows when more attributes are read: kinds that were found before may have to be divided with {@link divide}. */
  edition = 0;
  readonly #mostValues: number;
  /** The attributes that never divide kinds. */
  readonly #untold: ReadonlySet<string>;
  /** In lower case, in the order in which they divide the kinds. */
  readonly #names: string[] = [];
  readonly #individual = new Map<string, Individual>();
  /** Read by somebody, but no slot has them. */
  readonly #absent = new Set<string>();
  /** Read by somebody before any slot had them. */
  readonly #wereAbsent = new Set<string>();
  readonly #layouts = new Set<Layout>();
  readonly #values = new Map<string, Set<unknown>>();
  /** What stands for expressions and other values that are objects: by their texts, and by the objects that have been printed. */
  readonly #keys = new Map<string, object>();
  readonly #keysOf = new WeakMap<Expression, object>();
  #root: SlotKind;
  #next = 1;

  constructor({ mostValues = Number.POSITIVE_INFINITY, tellsFree = false }: SlotKindsOptions = {}) {
    this.#mostValues = mostValues;
    this.#untold = tellsFree ? new Set() : freeAttributes;
    this.#root = kindOf(0, 0);
  }

  /** The kinds of these slots, as far as these jobs and the slots themselves read. Their numbers stay the same. */
  static of(jobs: readonly ClassAd[], slots: readonly ClassAd[]): SlotKinds {
    const kinds = new SlotKinds();
    for (const slot of slots) kinds.note(slot);
    for (const job of jobs) kinds.learnJob(job);
    // Each slot may add what its own expressions read.
    for (let edition = -1; edition !== kinds.edition; ) {
      edition = kinds.edition;
      for (const slot of slots) kinds.kindOf(slot);
    }
    return kinds;
  }

  /** What is read of slots, in lower case. */
  get names(): readonly string[] {
    return [...this.#values.keys(), ...this.#absent, ...this.#individual.keys()];
  }

  /** How many kinds there have been. */
  get numbers(): number {
    return this.#next;
  }

  /** Whether slots of one kind may differ in an attribute, because nearly every slot has its own value. @param name in lower case */
  isIndividual(name: string): boolean {
    return !this.#values.has(name) && !this.#absent.has(name) && !this.#untold.has(name);
  }

  /** What an attribute is in some slots in which it may differ; undefined if they do not. @param name in lower case */
  individually(name: string): Individual | undefined {
    return this.#individual.get(name) ?? (this.isIndividual(name) ? unknown : undefined);
  }

  /** Whether an individual attribute of this slot is an expression that depends on time or chance there, or in another slot. */
  isChanging(slot: ClassAd): boolean {
    for (const [name, { clock }] of this.#individual)
      if (clock && slot.slot(name) instanceof Computed) return true;
    return false;
  }

  /** What the match of this job reads of slots is read from now on. */
  learnJob(job: ClassAd): void {
    this.learn(attributesRead(job, roots).target);
  }

  /** These attributes of slots are read from now on. @param names in lower case */
  learn(names: Iterable<string>): void {
    for (const name of names) {
      if (this.#untold.has(name) || this.#individual.has(name) || this.#values.has(name)) continue;
      if (!this.#hasAny(name)) this.#absent.add(name);
      else if (this.#names.length < mostNames) this.#divideBy(name);
    }
  }

  /** The kind of a slot; what its own expressions read is learned. */
  kindOf(slot: ClassAd): SlotKind {
    this.note(slot);
    this.learn(['requirements']);
    return this.divide(this.#root, slot);
  }

  /** The kind of a slot, beginning at the kind that it had in an earlier edition. */
  divide(kind: SlotKind, slot: ClassAd): SlotKind {
    let found = kind.depth > this.#names.length || this.#isStale(kind) ? this.#root : kind;
    if (found.depth === 0 && this.#areOther(slot)) found = this.#root;
    // The names may grow meanwhile.
    for (let depth = found.depth; depth < this.#names.length; depth += 1) {
      const restarted = this.#root;
      found = this.#successor(found, this.#names[depth] as string, slot);
      if (this.#root !== restarted) return this.divide(this.#root, slot);
    }
    return found;
  }

  /** Takes note of expressions under names of individual attributes. @returns whether any is one for the first time */
  #areOther(slot: ClassAd): boolean {
    let areOther = false;
    for (const [name, { computed, clock }] of this.#individual) {
      if (clock || !(slot.slot(name) instanceof Computed)) continue;
      const reads = attributesRead(slot, [name]);
      const isChanging = reads.clock || reads.anything;
      if (computed && !isChanging) continue;
      this.#individual.set(name, { computed: true, clock: isChanging });
      areOther = true;
    }
    if (areOther) this.#restart();
    return areOther;
  }

  /** Whether a kind is of a tree that was dropped. */
  #isStale(kind: SlotKind): boolean {
    return kind.number < this.#root.number;
  }

  #successor(kind: SlotKind, name: string, slot: ClassAd): SlotKind {
    const value = slot.slot(name);
    const key = this.#keyOf(value, name, slot);
    const known = kind.key === key && kind.first !== undefined ? kind.first : kind.others?.get(key);
    if (known !== undefined) return known;
    // What an equal expression reads is known from the first slot that had it.
    if (value instanceof Computed) this.learn(attributesRead(slot, [name]).my);
    const number = this.#keepsNumber(kind, name, value) ? kind.number : this.#number();
    const created = kindOf(number, kind.depth + 1);
    if (kind.first === undefined) {
      kind.key = key;
      kind.first = created;
    } else {
      kind.others ??= new Map();
      kind.others.set(key, created);
    }
    this.#count(name, key);
    return created;
  }

  /**
   * What is known about a kind is true of one successor only. If nobody has read the attribute before, that is the first one;
   * otherwise it was known that no slot has it, which is true of those that lack it.
   */
  #keepsNumber(kind: SlotKind, name: string, value: Slot): boolean {
    return this.#wereAbsent.has(name) ? value === absent : kind.first === undefined;
  }

  /** Equal only for what is equal. Most constants are their own keys. */
  #keyOf(value: Slot, name: string, slot: ClassAd): unknown {
    if (value === absent || typeof value !== 'object') return value;
    if (value instanceof Computed) return this.#keyOfExpression(value.expression);
    const expression = slot.get(name);
    return expression === undefined ? absent : this.#keyOfText(expression);
  }

  #keyOfExpression(expression: Expression): object {
    let key = this.#keysOf.get(expression);
    if (key === undefined) {
      key = this.#keyOfText(expression);
      this.#keysOf.set(expression, key);
    }
    return key;
  }

  #keyOfText(expression: Expression): object {
    const text = printExpression(expression, 'wire');
    const known = this.#keys.get(text);
    if (known !== undefined) return known;
    const created = { text };
    this.#keys.set(text, created);
    return created;
  }

  #number(): number {
    this.#next += 1;
    return this.#next - 1;
  }

  #count(name: string, key: unknown): void {
    const values = this.#values.get(name);
    values?.add(key);
    if (values === undefined || values.size <= this.#mostValues) return;
    this.#individual.set(name, { computed: false, clock: false });
    this.#values.delete(name);
    this.#names.splice(this.#names.indexOf(name), 1);
    this.#restart();
  }

  /** All kinds get other numbers: what is known about those of before is void. */
  #restart(): void {
    this.#root = kindOf(this.#number(), 0);
    this.edition += 1;
  }

  #divideBy(name: string): void {
    this.#names.push(name);
    this.#values.set(name, new Set());
    this.edition += 1;
  }

  /** Takes note of the attributes that a slot has. */
  note(slot: AttributeTable): void {
    for (let ad: AttributeTable | undefined = slot; ad !== undefined; ad = ad.parent) {
      if (this.#layouts.has(ad.layout) || this.#layouts.size > mostLayouts) continue;
      this.#layouts.add(ad.layout);
      if (this.#layouts.size > mostLayouts && this.#absent.size > 0) {
        // Whether slots have these is no longer known.
        this.#absent.clear();
        this.#restart();
      }
      for (const name of this.#absent) {
        if (ad.layout.indexOf(name) < 0) continue;
        this.#absent.delete(name);
        this.#wereAbsent.add(name);
        this.#divideBy(name);
      }
    }
  }

  #hasAny(name: string): boolean {
    if (this.#layouts.size > mostLayouts || this.#absent.size >= mostAbsent) return true;
    for (const layout of this.#layouts) if (layout.indexOf(name) >= 0) return true;
    return false;
  }
}

const kindOf = (number: number, depth: number): SlotKind => ({
  number,
  depth,
  key: undefined,
  first: undefined,
  others: undefined,
});
