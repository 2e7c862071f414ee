import { type Expression, reference, select } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import { attributesReadBy } from './attributes-read.ts';
import { conjuncts } from './conjuncts.ts';
import type { Environment } from './environment.ts';
import { evaluate } from './evaluate.ts';
import { isTrue, type Value } from './value.ts';

/** An attribute that had a say, with what it is there. */
export interface AttributeSeen {
  readonly side: 'my' | 'target';
  /** As the ad spells it; as it was asked for where the ad lacks it. */
  readonly name: string;
  readonly value: Value;
}

/** One of the clauses that `&&` joins. */
export interface ExplainedClause {
  readonly clause: Expression;
  readonly value: Value;
  readonly holds: boolean;
  /** What it can read, directly or through other attributes; missing ones are there too, as undefined. */
  readonly reads: readonly AttributeSeen[];
}

/**
 * Takes an expression apart: each clause with its value, as if it stood in `my` and was matched with `target`, and the
 * attributes that it read. What people need to see why something does not match.
 */
export function explain(
  expression: Expression,
  my: AttributeTable,
  target?: AttributeTable,
  environment?: Environment,
): readonly ExplainedClause[] {
  return conjuncts(expression, my).map((clause) => {
    const value = evaluate(clause, my, target, environment);
    return { clause, value, holds: isTrue(value), reads: seen(clause, my, target, environment) };
  });
}

function seen(
  clause: Expression,
  my: AttributeTable,
  target: AttributeTable | undefined,
  environment: Environment | undefined,
): AttributeSeen[] {
  const direct = attributesReadBy(clause, my);
  const look = (side: 'my' | 'target', ad: AttributeTable, names: Iterable<string>): AttributeSeen[] =>
    [...names].map((name) => ({
      side,
      name: ad.spelling(name) ?? name,
      value: evaluate(select(reference(side), name), my, target, environment),
    }));
  if (target === undefined) return look('my', my, direct.my);
  // A bare name is looked for on both sides: it is shown where it was found, and as mine where it was not.
  const own = [...direct.my].filter((name) => my.has(name) || !direct.target.has(name) || !target.has(name));
  const others = [...direct.target].filter((name) => target.has(name) || !direct.my.has(name));
  return [...look('my', my, own), ...look('target', target, others)];
}
