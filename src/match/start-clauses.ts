import type { Expression } from '#classad/ast.ts';
import { type AttributesRead, attributesRead, attributesReadBy } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { conjuncts } from '#classad/conjuncts.ts';
import { type Prepared, prepare } from '#classad/evaluate.ts';
import { asciiLower } from '#classad/names.ts';
import { bareName, nameAfter } from './resource-bounds.ts';
import { resourceNames } from './resources.ts';

/** One of the clauses that `&&` joins in the Requirements of a slot. */
export interface StartClause {
  readonly holds: Prepared;
  /** What it reads: `my` of the slot, `target` of the job. */
  readonly reads: AttributesRead;
  /**
   * The request, in lower case, if the clause only says that no more of a resource is requested than is free, as HTCondor's
   * WithinResourceLimits does; whoever compares these needs not evaluate it.
   */
  readonly request: string | undefined;
}

/** The clauses of a slot's Requirements; what a clause such as `Start` stands for is divided too. */
export function startClausesOf(slot: ClassAd): readonly StartClause[] {
  const expression = slot.get('Requirements');
  const reads = attributesRead(slot, ['requirements']);
  const whole: Prepared = (my, target, environment) =>
    (my as ClassAd).evaluate('Requirements', target, environment);
  // Requirements of both sides that read each other mean something else clause by clause.
  if (expression === undefined || isCircular(slot, reads))
    return [{ holds: whole, reads, request: undefined }];
  return requirementClauses(expression, slot).map((clause) => ({
    holds: prepare(clause),
    reads: attributesReadBy(clause, slot),
    request: requestIn(clause, slot),
  }));
}

function isCircular(slot: ClassAd, { target }: AttributesRead): boolean {
  const readsItself = ['requirements', 'start'].some((name) => {
    const expression = slot.get(name);
    return expression !== undefined && attributesReadBy(expression, slot).my.has(name);
  });
  return readsItself || target.has('requirements');
}

/** The clauses of a slot's Requirements, and of the Start that they name. */
export function requirementClauses(expression: Expression, slot: ClassAd): Expression[] {
  return conjuncts(expression, slot).flatMap((clause) => {
    const start = clause.kind === 'reference' && asciiLower(clause.name) === 'start' && !clause.absolute;
    const inner = start ? slot.get('Start') : undefined;
    return inner === undefined ? [clause] : conjuncts(inner, slot);
  });
}

/** The request in `TARGET.RequestX <= MY.X`, where X is a resource. */
function requestIn(clause: Expression, slot: ClassAd): string | undefined {
  if (clause.kind !== 'binary' || (clause.operator !== '<=' && clause.operator !== '>=')) return undefined;
  const [small, large] = clause.operator === '<=' ? [clause.left, clause.right] : [clause.right, clause.left];
  const request = nameAfter(small, ['target', 'other'], slot) ?? bareName(small, (name) => !slot.has(name));
  const resource = nameAfter(large, ['my', 'self'], slot) ?? bareName(large, (name) => slot.has(name));
  return resourceNames.some((name) => name === resource && request === `request${name}`)
    ? request
    : undefined;
}
