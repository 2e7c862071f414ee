import type { RandomChoice } from './random-choice.ts';

type Texts = Record<string, string>;

interface Options {
  readonly byTime: boolean;
  readonly alike: boolean;
}

/** What nobody reads for a while, and what slots of one bucket may differ in until then. */
export const lateNames = Array.from({ length: 12 }, (_, index) => `Late${index}`);
const lateValues = ['true', 'false', 'MY.Cpus > 2', 'MY.Own > 300', 'TARGET.RequestCpus == 1'];
const lateValuesByTime = ['time() % 20 < 10'];

const starts = [
  'true',
  'TARGET.RequestCpus > 1',
  'TARGET.JobPrio >= 0',
  'TARGET.Experiment =?= "e1" || Big',
  'Own % 2 == 0 || TARGET.RequestCpus == 1',
  'MY.Cpus > TARGET.RequestCpus',
  'TARGET.Owner == "u1" || Big',
];
const startsByTime = ['(time() / 10) % 3 != 0'];

const ownValues = ['MY.Cpus * 100', 'TARGET.RequestCpus * 100'];
const ownValuesByTime = ['(time() * 7) % 1000'];

const truths = ['true', 'false'];

const common = {
  Cpus: '8',
  Memory: '8000',
  GPUs: '0',
  Big: 'true',
  Kind: '"a"',
  Night: 'true',
  Start: 'true',
};

/** The ads of random slots. */
export class RandomSlots {
  readonly #choice: RandomChoice;
  readonly #alike: boolean;
  readonly #byTime: boolean;

  constructor(choice: RandomChoice, { alike, byTime }: Options) {
    this.#choice = choice;
    this.#alike = alike;
    this.#byTime = byTime;
  }

  slot(number: number): Texts {
    return { ...(this.#alike ? this.#common() : this.#other()), ...this.#late(), Name: `"u${number}"` };
  }

  /** The attributes that a slot may tell anew while it stays the same in most. */
  change(): Texts {
    return { Own: this.#own(), Big: this.#choice.of(truths), ...(this.#alike ? this.#late() : {}) };
  }

  #common(): Texts {
    return { ...common, Own: this.#own(), Half: this.#choice.of(['MY.Own / 200', '3']) };
  }

  #other(): Texts {
    const choice = this.#choice;
    return {
      Cpus: String(1 + choice.below(8)),
      Memory: String(100 + choice.below(80) * 100),
      GPUs: choice.oneIn(4) ? '1' : '0',
      Big: choice.of(truths),
      Kind: choice.of(['"a"', '"b"', '"c"']),
      Own: this.#own(),
      Half: choice.of(['MY.Cpus / 2', 'MY.Own / 200', '1', '3', 'TARGET.RequestCpus']),
      Night: choice.of(['true', this.#byTime ? 'time() % 20 < 10' : 'false']),
      Start: this.#start(),
      ...(choice.oneIn(4) ? { [`New${choice.below(3)}`]: '1' } : {}),
    };
  }

  /** Own clauses for some slots, so that there may be more of them than divide buckets. */
  #start(): string {
    const choice = this.#choice;
    return choice.oneIn(6)
      ? `TARGET.RequestCpus < ${1 + choice.below(8)} || TARGET.RequestMemory == ${choice.below(4000)}`
      : this.#either(starts, startsByTime);
  }

  /** What nearly every slot has its own value of; in some it is an expression. */
  #own(): string {
    return this.#choice.oneIn(6)
      ? this.#either(ownValues, ownValuesByTime)
      : String(this.#choice.below(1000));
  }

  #late(): Texts {
    const names = lateNames.filter(() => this.#choice.oneIn(2));
    return Object.fromEntries(names.map((name) => [name, this.#either(lateValues, lateValuesByTime)]));
  }

  #either(always: readonly string[], byTime: readonly string[]): string {
    return this.#choice.of(this.#byTime ? [...always, ...byTime] : always);
  }
}
