import { GlideinError } from '#base/error.ts';
import { attributesRead } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';

/** Attributes of jobs that all slots and policies together may ask for: each makes the sorting of every job slower. */
export const mostAsked = 1000;

/** What matching looks at in every job. */
const always = [
  'requirements',
  'rank',
  'requestcpus',
  'requestmemory',
  'requestdisk',
  'requestgpus',
  'jobprio',
  'concurrencylimits',
];

/**
 * Which attributes of jobs make a difference to somebody, in lower case: what slots look up in them, and what sites read
 * of them when they decide which jobs count. Each asker can be forgotten, and its names with it.
 */
export class Significance {
  /** The names of each asker, as one text: most pilots ask for the same. */
  readonly #askers = new Map<string, string>();
  /** How many askers have each of these texts. */
  readonly #counts = new Map<string, number>();
  #asked: ReadonlySet<string> = new Set();

  /** Every name that is significant now. */
  names(): readonly string[] {
    return [...always, ...this.#asked];
  }

  /** Whether somebody may ask for any attribute, and says so by `*`. */
  get isEverything(): boolean {
    return this.#asked.has('*');
  }

  /**
   * Notes what `asker` asks for, in place of what it asked for before.
   * @returns whether a name is new: jobs that were alike may not be any more
   * @throws GlideinError TooLarge when all together would ask for more than {@link mostAsked}
   */
  ask(asker: string, names: Iterable<string>): boolean {
    const text = [...new Set([...names].map(asciiLower))].sort().join(separator);
    const before = this.#askers.get(asker);
    if (before === text) return false;
    const isNew = namesIn(text).some((name) => !this.#asked.has(name));
    this.#count(text, 1);
    if (before !== undefined) this.#count(before, -1);
    const asked = this.#union();
    if (isNew && asked.size > mostAsked) {
      this.#count(text, -1);
      if (before !== undefined) this.#count(before, 1);
      throw tooMany();
    }
    this.#askers.set(asker, text);
    this.#asked = asked;
    return isNew;
  }

  /** What it asked for makes no difference any more, unless others ask for it too. */
  forget(asker: string): void {
    const text = this.#askers.get(asker);
    if (text === undefined) return;
    this.#askers.delete(asker);
    this.#count(text, -1);
    this.#asked = this.#union();
  }

  #count(text: string, by: 1 | -1): void {
    const count = (this.#counts.get(text) ?? 0) + by;
    if (count === 0) this.#counts.delete(text);
    else this.#counts.set(text, count);
  }

  #union(): Set<string> {
    return new Set([...this.#counts.keys()].flatMap(namesIn));
  }
}

/** Stands in no name of an attribute that anybody writes; one that has it all the same is two names here. */
const separator = '\n';

const namesIn = (text: string): readonly string[] => (text === '' ? [] : text.split(separator));

const tooMany = (): GlideinError =>
  new GlideinError('TooLarge', `slots and policies may ask for ${mostAsked} attributes of jobs in all`, {
    cure: 'let the start expressions of groups and the jobs of policies look at the same few attributes',
  });

/** Lower-case names that the expressions of a slot look up in jobs. */
export function askedOfJobs(slot: ClassAd): ReadonlySet<string> {
  return attributesRead(slot, slot.names()).target;
}
