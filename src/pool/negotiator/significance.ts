import { GlideinError } from '#base/error.ts';
import { attributesRead } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import { accountingAttributes } from '../accounting/submitter-name.ts';

/** The most job attributes that all slots and policies together may read: each makes the sorting of every job slower. */
export const mostAsked = 1000;

/** How long a job may run, in seconds. */
export const durations = ['allowedexecuteduration', 'allowedjobduration'] as const;

/** The attributes that matching reads in every job. */
const always = [
  'requirements',
  'rank',
  'requestcpus',
  'requestmemory',
  'requestdisk',
  'requestgpus',
  'jobprio',
  'concurrencylimits',
  ...durations,
  ...accountingAttributes,
];

/**
 * The significant attributes of jobs, in lower case: those that slots read, and those that sites read to decide which jobs
 * count. When an asker (a slot or a site) is forgotten, its names go with it.
 */
export class Significance {
  /** The names of each asker as one text, since most pilots ask for the same names. */
  readonly #askers = new Map<string, string>();
  /** How many askers have each of these texts. */
  readonly #counts = new Map<string, number>();
  #asked: ReadonlySet<string> = new Set();

  /** Every name that is significant now. */
  names(): readonly string[] {
    return [...always, ...this.#asked];
  }

  /** Whether somebody reads any attribute, which is written `*`. */
  get isEverything(): boolean {
    return this.#asked.has('*');
  }

  /**
   * Notes what `asker` asks for, in place of what it asked for before.
   * @returns whether a name is new, so that jobs which were alike may now differ
   * @throws GlideinError TooLarge if all askers together would ask for more than {@link mostAsked} attributes
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

  /** The names that `asker` asked for are no longer significant, unless others ask for them too. */
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

/** Does not occur in attribute names that people write; a name with it counts as two names. */
const separator = '\n';

const namesIn = (text: string): readonly string[] => (text === '' ? [] : text.split(separator));

const tooMany = (): GlideinError =>
  new GlideinError(
    'TooLarge',
    `all slots and policies together may read at most ${mostAsked} attributes of jobs`,
    {
      cure: 'let the start expressions of groups and the jobs expressions of policies read the same few attributes',
    },
  );

/** The lower-case names of the job attributes that the expressions of a slot read. */
export function askedOfJobs(slot: ClassAd): ReadonlySet<string> {
  return attributesRead(slot, slot.names()).target;
}
