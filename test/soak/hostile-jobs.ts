import fc from 'fast-check';
import { isCode } from '#base/error.ts';
import { parseExpression } from '#classad/parser.ts';
import { jobTexts } from '#testing/ads.ts';
import type { SubmitRequest } from '#wire/jobs.ts';
import { cases, names } from '../differential/classad/expressions.ts';
import type { JobSource } from './neighbour.ts';

/** What users do not write, but an attacker may: cycles, and expressions that double, nest or are huge. */
const circles = [
  '{n.n, [A = "x + 1"]}',
  '{n}',
  '{n, n}',
  '[a = n; b = parent.n]',
  'evalInEachContext(n, {[], [n = L]})',
  '"eval(n)"',
  'eval(n)',
  'L.n',
  'n.L',
  'isUndefined(n.Cpus) ? 1 : n.Cpus',
  'strcat(S, S, S, S)',
  'b + b + b',
  'c + c + c + c',
  'evalInEachContext(evalInEachContext(evalInEachContext(1, L), L), L)',
  `{${'[],'.repeat(500)}[]}`,
  `"${'x'.repeat(20_000)}"`,
  `${'('.repeat(100)}1${')'.repeat(100)}`,
  `${'1 + '.repeat(350)}1`,
  'string(MY)',
  'unresolved(a)',
  'regexp("(a+)+$", S)',
  'time() % 2 == 0',
  'random() < 0.5',
  '9223372036854775807 * 2',
  '-1e308 * 10',
  'real("nan")',
];

/** Attributes that the pool, sites and pilots evaluate. */
const evaluated = [
  'Requirements',
  'Rank',
  'RequestCpus',
  'RequestMemory',
  'RequestDisk',
  'JobPrio',
  'OnExitHold',
  'OnExitRemove',
  'Kind',
  'Arguments',
  'TransferOutput',
];

/** Random jobs, from the same expressions with which the evaluator is compared with HTCondor; the same for the same seed. */
export class HostileJobs implements JobSource {
  readonly #good: readonly string[];
  readonly #bad: readonly string[];
  readonly #random: () => number;
  #keys = 0;

  constructor(seed: number, random: () => number, texts = 20_000) {
    const sampled = fc.sample(cases, { numRuns: texts, seed }).map(({ expression }) => expression);
    this.#good = [...sampled.filter(parses), ...circles.flatMap((each) => Array<string>(200).fill(each))];
    this.#bad = [...sampled.filter((text) => !parses(text)), '(((', '[', '"', 'a = b', ''];
    this.#random = random;
  }

  constraint(): string {
    return this.expression();
  }

  /** An expression that parses. */
  expression(): string {
    return this.#pick(this.#good);
  }

  /** A cluster of so many different jobs. With a `flaw`, one of them does not parse, so the whole cluster must be refused. */
  cluster(procs: number, flaw = false): SubmitRequest {
    this.#keys += 1;
    const bad = flaw ? Math.floor(this.#random() * procs) : -1;
    return {
      key: `hostile-${this.#keys}-${this.#random()}`,
      cluster: jobTexts(this.#attributes(3)),
      procs: Array.from({ length: procs }, (_, proc) => ({
        attributes: { ...this.#attributes(4), ...(proc === bad ? { Foo: this.#pick(this.#bad) } : {}) },
        inputs: [],
      })),
    };
  }

  #attributes(count: number): Record<string, string> {
    const some: Record<string, string> = {};
    for (let index = 0; index < count; index += 1) {
      some[this.#pick(names)] = this.expression();
      some[this.#pick(evaluated)] = this.#random() < 0.5 ? this.expression() : this.#pick(names);
    }
    return some;
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }
}

function parses(text: string): boolean {
  try {
    parseExpression(text);
    return true;
  } catch (error) {
    if (isCode(error, 'InvalidExpression')) return false;
    throw error;
  }
}
