import type { Expression } from '../ast.ts';
import { parseExpression } from '../grammar.ts';
import { asciiLower } from '../names.ts';
import { condition } from '../operators/logic.ts';
import { printExpression } from '../print.ts';
import type { Compiled, Scope } from '../scope.ts';
import {
  AbsTime,
  ErrorValue,
  errorValue,
  isClassAd,
  isTrue,
  ListValue,
  RelTime,
  type Value,
} from '../value.ts';
import { type FunctionFamily, lazy, pure, scoped } from './definition.ts';

/** Only the chosen arm is evaluated. */
function ifThenElse([test, yes, no]: readonly Compiled[], scope: Scope): Value {
  const known = condition(test?.(scope));
  if (typeof known !== 'boolean') return known;
  return known ? yes?.(scope) : no?.(scope);
}

/** Evaluates the text of an expression; a value that is no string is its own answer. */
function evaluateText([text]: readonly Value[], scope: Scope): Value {
  if (text === undefined) return errorValue('eval of undefined has no meaning');
  if (text instanceof AbsTime || text instanceof RelTime) return errorValue('eval of a time has no meaning');
  if (typeof text !== 'string') return text;
  try {
    return scope.evaluate(parseExpression(text));
  } catch (error) {
    return errorValue(error instanceof Error ? error.message : 'eval of no expression');
  }
}

/** The expression of the attribute that `given` names, as `name` or `ad.name`; undefined for anything else. */
function named(given: Expression | undefined, scope: Scope): Expression | undefined {
  if (given?.kind === 'reference' && !given.absolute) return scope.find(asciiLower(given.name));
  if (given?.kind !== 'select') return undefined;
  const ad = scope.evaluate(given.base);
  return isClassAd(ad) ? ad.get(given.name) : undefined;
}

/** The text of an attribute's expression, which is not evaluated; empty when this ad has no such attribute. */
function unparse(_args: readonly Compiled[], scope: Scope, [given]: readonly Expression[]): Value {
  if (given?.kind === 'select') return '';
  if (given?.kind !== 'reference') return errorValue('unparse takes the name of an attribute');
  const expression = scope.ad.get(given.name);
  return expression === undefined ? '' : printExpression(expression);
}

/**
 * Evaluates the first argument in the context of each ad of the list. Given by name, an attribute's expression is
 * what is evaluated there, not its value here.
 */
function inEachContext(
  [, list]: readonly Compiled[],
  scope: Scope,
  [given]: readonly Expression[],
): readonly Value[] | undefined | ErrorValue {
  const ads = list?.(scope);
  if (ads === undefined || ads instanceof ErrorValue) return ads;
  if (!(ads instanceof ListValue)) return errorValue('the second argument is no list of ads');
  const expression = named(given, scope) ?? given;
  return ads.values().map((ad) => {
    if (ad === undefined || expression === undefined) return undefined;
    if (!isClassAd(ad)) return errorValue('an item of the list is no ad');
    return scope.context(ad).evaluate(expression);
  });
}

export const meta: FunctionFamily = {
  ifThenElse: lazy(3, 3, ifThenElse),
  eval: scoped(1, 1, evaluateText),
  unparse: lazy(1, 1, unparse),
  debug: pure(1, 1, ([value]) => value),
  evalInEachContext: lazy(2, 2, (args, scope, expressions) => {
    const values = inEachContext(args, scope, expressions);
    return values === undefined || values instanceof ErrorValue ? values : ListValue.of(values);
  }),
  countMatches: lazy(2, 2, (args, scope, expressions) => {
    const values = inEachContext(args, scope, expressions);
    if (values instanceof ErrorValue) return values;
    return (values ?? []).filter(isTrue).length;
  }),
};
