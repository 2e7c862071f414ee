import { binary, type Expression, literal } from '#classad/ast.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { conjuncts } from '#classad/conjuncts.ts';
import { printExpression } from '#classad/print.ts';
import { isError } from '#classad/value.ts';
import { requestOf } from '#match/request.ts';
import type { ResourceName } from '#match/resources.ts';
import { offerOf } from '#match/slot.ts';
import { type Comparing, type Comparison, comparisonOf, scalarOf } from './comparison.ts';
import { type Clause, type Condition, type Conditions, isClause, requestAttributes } from './conditions.ts';

/** Something that the owner of a job can change in it so that a condition holds for a slot. */
export interface Change {
  /** What to write, such as `request_memory = 4096`. */
  readonly words: string;
  /** The same in the middle of a sentence, such as `with request_memory = 4096`. */
  readonly phrase: string;
  /** How much less the job would get: 0 if it is nothing, 1 for all of it. Changes that lose more are proposed last. */
  readonly loses: number;
  readonly apply: (job: ClassAd) => void;
}

/** What to change so that `condition` holds for `slot`; undefined if the owner of the job can do nothing. */
export function changeFor(condition: Condition, conditions: Conditions, slot: ClassAd): Change | undefined {
  if (!isClause(condition)) return lessOf(condition.kind, conditions, slot);
  if (condition.expression === undefined) return undefined;
  return condition.kind === 'jobRequirements'
    ? otherClause(condition, condition.expression, conditions.job, slot)
    : newAttribute(condition.expression, conditions.job, slot);
}

const commands: Readonly<Record<ResourceName, string>> = {
  cpus: 'request_cpus',
  memory: 'request_memory',
  disk: 'request_disk',
  gpus: 'request_gpus',
};

/** Requests are rounded up to these steps, and are never below one of them, except for GPUs. */
const steps: Readonly<Record<ResourceName, number>> = { cpus: 1, memory: 128, disk: 1024, gpus: 1 };

function lessOf(name: ResourceName, { job, environment }: Conditions, slot: ClassAd): Change | undefined {
  const step = steps[name];
  const most = Math.floor(offerOf(slot)[name] / step) * step;
  if (most < step && name !== 'gpus') return undefined;
  const asks = requestOf(job, slot, environment)[name];
  const words = `${commands[name]} = ${most}`;
  return {
    words,
    phrase: `with ${words}`,
    loses: asks > 0 && Number.isFinite(asks) ? 1 - most / asks : 1,
    apply: (changed) => changed.setValue(requestAttributes[name], most),
  };
}

/** The clause as it would hold for this slot, or else the Requirements without it. */
function otherClause(condition: Clause, clause: Expression, job: ClassAd, slot: ClassAd): Change {
  const comparison = comparisonOf(clause, job);
  const better = comparison && weaker(comparison, slot);
  const apply = (changed: ClassAd): void => {
    changed.set('Requirements', joined(changed.get('Requirements'), clause, better));
  };
  if (better === undefined) {
    return {
      words: `leave out ${condition.text}`,
      phrase: `without ${condition.text} in its requirements`,
      loses: 0.5,
      apply,
    };
  }
  const words = `${printExpression(better)} in place of ${condition.text}`;
  return { words, phrase: `with ${printExpression(better)} in its requirements`, loses: 0.5, apply };
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

/** What `&&` joins, with one of its clauses replaced or left out. */
function joined(
  requirements: Expression | undefined,
  clause: Expression,
  better: Expression | undefined,
): Expression {
  const all = requirements === undefined ? [] : conjuncts(requirements);
  const kept = all.flatMap((each) => (each === clause ? (better ?? []) : each));
  return kept.length === 0 ? literal(true) : kept.reduce((left, right) => binary('&&', left, right));
}

/** The attribute that a start expression wants of jobs, if it is an attribute of the job's own choice. */
function newAttribute(clause: Expression, job: ClassAd, slot: ClassAd): Change | undefined {
  const comparison = comparisonOf(clause, slot);
  if (comparison === undefined || poolsOwn.test(comparison.name)) return undefined;
  const { name, operator, value } = comparison;
  if (operator !== '==' && operator !== 'is') return undefined;
  const words = `+${job.spelling(name) ?? name} = ${printExpression(literal(value))}`;
  return {
    words,
    phrase: `with ${words}`,
    loses: 0.4,
    apply: (changed) => changed.setValue(name, value),
  };
}

/** Attributes that say who a job is or what it asks for: nobody may be told to lie about them. */
const poolsOwn = /^(?:Owner|User|ClusterId|ProcId|QDate|Request.*|Job.*|Acct.*|Accounting.*|x509.*)$/i;
