import { truncate } from '#base/truncate.ts';
import { binary, type Expression, literal } from '#classad/ast.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { conjuncts } from '#classad/conjuncts.ts';
import { printExpression } from '#classad/print.ts';
import { isError } from '#classad/value.ts';
import type { ResourceName } from '#match/resources.ts';
import { requestAttributes } from './clauses.ts';
import { type Comparing, type Comparison, comparisonOf, scalarOf } from './comparison.ts';
import { type Clause, type Condition, isClause } from './conditions.ts';
import type { LookedAt } from './scan.ts';

/** The most characters of an expression that is proposed; whoever reads it has to write it. */
const longestWords = 200;

/** Something that the owner of a job can change in it so that a condition holds for a slot. */
export interface Change {
  /** How much less the job would get: 0 if it is nothing, 1 for all of it. Changes that lose more are proposed last. */
  readonly loses: number;
  readonly apply: (job: ClassAd) => void;
  /** Only made for the change that is proposed. */
  readonly inWords: () => ChangeInWords;
}

export interface ChangeInWords {
  /** What to write, such as `request_memory = 4096`. */
  readonly words: string;
  /** The same in the middle of a sentence, such as `with request_memory = 4096`. */
  readonly phrase: string;
}

/** What a change is for. */
interface Where {
  readonly job: ClassAd;
  readonly kind: Pick<LookedAt, 'slot' | 'asks' | 'offers'>;
}

/** What to change so that `condition` holds for some slots; undefined if the owner of the job can do nothing. */
export function changeFor(condition: Condition, { job, kind }: Where): Change | undefined {
  const { slot } = kind;
  if (!isClause(condition)) return lessOf(condition.kind, kind);
  if (condition.expression === undefined) return undefined;
  return condition.kind === 'jobRequirements'
    ? otherClause(condition, condition.expression, job, slot)
    : newAttribute(condition.expression, job, slot);
}

const commands: Readonly<Record<ResourceName, string>> = {
  cpus: 'request_cpus',
  memory: 'request_memory',
  disk: 'request_disk',
  gpus: 'request_gpus',
};

/** Requests are rounded up to these steps, and are never below one of them, except for GPUs. */
const steps: Readonly<Record<ResourceName, number>> = { cpus: 1, memory: 128, disk: 1024, gpus: 1 };

function lessOf(name: ResourceName, { asks, offers }: Where['kind']): Change | undefined {
  const step = steps[name];
  const most = Math.floor(offers[name] / step) * step;
  if (most < step && name !== 'gpus') return undefined;
  return {
    loses: asks[name] > 0 && Number.isFinite(asks[name]) ? 1 - most / asks[name] : 1,
    apply: (changed) => changed.setValue(requestAttributes[name], most),
    inWords: () => {
      const words = `${commands[name]} = ${most}`;
      return { words, phrase: `with ${words}` };
    },
  };
}

/** The clause as it would hold for this slot, or else the Requirements without it. */
function otherClause(condition: Clause, clause: Expression, job: ClassAd, slot: ClassAd): Change {
  const comparison = comparisonOf(clause, job);
  const better = comparison && weaker(comparison, slot);
  const apply = (changed: ClassAd): void => {
    changed.set('Requirements', joined(changed, clause, better));
  };
  return { loses: 0.5, apply, inWords: () => clauseInWords(condition, better) };
}

function clauseInWords({ text }: Clause, better: Expression | undefined): ChangeInWords {
  if (better === undefined)
    return { words: `leave out ${text}`, phrase: `without ${text} in its requirements` };
  const printed = truncate(printExpression(better), longestWords);
  return { words: `${printed} in place of ${text}`, phrase: `with ${printed} in its requirements` };
}

const weakened: Readonly<Record<Comparing, Comparing | undefined>> = {
  '==': '==',
  is: 'is',
  '<': '<=',
  '<=': '<=',
  '>': '>=',
  '>=': '>=',
  '!=': undefined,
  isnt: undefined,
};

function weaker({ name, operator, with: changed }: Comparison, slot: ClassAd): Expression | undefined {
  const other = weakened[operator];
  const value = scalarOf(slot.evaluate(name));
  return other === undefined || value === undefined || isError(value) ? undefined : changed(other, value);
}

/** What `&&` joins in the Requirements of `job`, with one of its clauses replaced or left out. */
function joined(job: ClassAd, clause: Expression, better: Expression | undefined): Expression {
  const requirements = job.get('Requirements');
  const all = requirements === undefined ? [] : conjuncts(requirements, job);
  const kept = all.flatMap((each) => (each === clause ? (better ?? []) : each));
  return kept.length === 0 ? literal(true) : kept.reduce((left, right) => binary('&&', left, right));
}

/** The attribute that a start expression wants of jobs, if it is an attribute of the job's own choice. */
function newAttribute(clause: Expression, job: ClassAd, slot: ClassAd): Change | undefined {
  const comparison = comparisonOf(clause, slot);
  if (comparison === undefined || poolsOwn.test(comparison.name)) return undefined;
  const { name, operator, value } = comparison;
  if (operator !== '==' && operator !== 'is') return undefined;
  return {
    loses: 0.4,
    apply: (changed) => changed.setValue(name, value),
    inWords: () => {
      const printed = truncate(printExpression(literal(value)), longestWords);
      const words = `+${job.spelling(name) ?? name} = ${printed}`;
      return { words, phrase: `with ${words}` };
    },
  };
}

/** Attributes that say who a job is or what it asks for: nobody may be told to lie about them. */
const poolsOwn = /^(?:Owner|User|ClusterId|ProcId|QDate|Request.*|Job.*|Acct.*|Accounting.*|x509.*)$/i;
