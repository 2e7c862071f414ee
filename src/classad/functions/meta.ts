import { type Expression, record } from '../ast.ts';
import type { AttributeTable } from '../attribute-table.ts';
import { parseExpression } from '../grammar.ts';
import { asciiLower, isPlainName } from '../names.ts';
import { condition } from '../operators/logic.ts';
import { printPretty } from '../print-pretty.ts';
import { type Compiled, isSpecialName, type Scope } from '../scope.ts';
import {
  AbsTime,
  ErrorValue,
  errorValue,
  isClassAd,
  isTrue,
  ListValue,
  Real,
  RelTime,
  type Value,
} from '../value.ts';
import { textOf } from './conversion.ts';
import { costOfMaking, costOfWriting } from './cost.ts';
import { type FunctionFamily, lazy, pure, scoped } from './definition.ts';
import { longestText } from './join-texts.ts';
import { holdsPiece } from './match-pattern.ts';
import { type NamedAttribute, namedAttribute, stray } from './named-attribute.ts';
import { searchIn } from './regex.ts';
import { unresolvedNames } from './unresolved-names.ts';

/** Only the chosen arm is evaluated. */
function ifThenElse([test, yes, no]: readonly Compiled[], scope: Scope): Value {
  const known = condition(test?.(scope));
  if (typeof known !== 'boolean') return known;
  return known ? yes?.(scope) : no?.(scope);
}

/** Evaluates the text of an expression, also that of a time; any other value is its own answer. */
function evaluateText([value]: readonly Value[], scope: Scope): Value {
  if (value === undefined) return errorValue('eval of undefined has no meaning');
  // Reals and times go through their texts: digits beyond the sixteenth are gone.
  const goesAsText = value instanceof AbsTime || value instanceof RelTime || value instanceof Real;
  const text = goesAsText ? textOf(value) : value;
  if (text instanceof ListValue && !text.isWritten) return ListValue.selected(text.values());
  if (typeof text !== 'string') return text;
  if (!scope.spend(costOfWriting(text.length))) return errorValue('the text is too long');
  try {
    return scope.here.evaluate(parseExpression(text));
  } catch (error) {
    return errorValue(error instanceof Error ? error.message : 'the text is not an expression');
  }
}

/** The text of an attribute's expression, which is not evaluated; empty when this ad has no such attribute. */
function unparse(_args: readonly Compiled[], scope: Scope, [given]: readonly Expression[]): Value {
  if (given?.kind === 'select') return '';
  if (given?.kind !== 'reference') return errorValue('unparse takes the name of an attribute');
  const expression = isPlainName(given.name) && !given.absolute ? scope.ad.get(given.name) : undefined;
  if (expression === undefined) return '';
  // Each line is indented by how deep it is.
  const size = expression.size * expression.depth;
  const fits = size < longestText && scope.spend(costOfWriting(size));
  return fits ? printPretty(expression) : errorValue('the expression is too long');
}

/** `unresolved(attr[, pattern])`: what the attribute's expression reads and nothing answers, or whether such a name fits. */
function unresolved(args: readonly Compiled[], scope: Scope, [given]: readonly Expression[]): Value {
  const attribute = wholeAd(given, scope) ?? namedAttribute(given, scope);
  if (attribute === undefined) return errorValue('unresolved takes the name of an attribute');
  if (scope.isMatched) stray(attribute, scope);
  else strayToOutermost(attribute, scope);
  if (attribute.expression === undefined) return undefined;
  const pattern = args[1]?.(scope);
  if (args.length > 1 && typeof pattern !== 'string') return errorValue('the pattern is not a string');
  const names = unresolvedNames(attribute.expression, attribute.owner);
  if (names === undefined) return errorValue('the attribute refers to too many others');
  if (typeof pattern !== 'string') return names.join(',');
  const refused = searchIn(pattern, '', '');
  return refused instanceof ErrorValue ? refused : names.some((name) => holdsPiece(pattern, name));
}

/** Without another ad, the search ends in the outermost one, whatever it has found. */
function strayToOutermost({ isSearched }: NamedAttribute, scope: Scope): void {
  if (isSearched) scope.stray(scope.absolute() ?? scope);
}

/** `MY`, `TARGET` and their like stand for all attributes of the ad that they are. */
function wholeAd(given: Expression | undefined, scope: Scope): NamedAttribute | undefined {
  if (given?.kind !== 'reference' || !isSpecialName(asciiLower(given.name))) return undefined;
  const ad = scope.evaluate(given);
  if (!isClassAd(ad)) return undefined;
  return { owner: scope.within(ad), expression: record([...ad.attributes()]), isSearched: false };
}

/**
 * Evaluates the first argument in the context of each ad of the list. Given by name, an attribute's expression is
 * what is evaluated there, not its value here; and then the list is looked for where the attribute was found, as is the rest of
 * the expression ({@link stray}; all of this as in the original).
 */
function inEachContext(
  [whole, list]: readonly Compiled[],
  scope: Scope,
  [given]: readonly Expression[],
): readonly Value[] | undefined | ErrorValue {
  const named = given === undefined || isOwnAd(given) ? undefined : namedAttribute(given, scope);
  stray(named, scope);
  const ads = list?.(scope);
  if (ads === undefined || ads instanceof ErrorValue) return ads;
  if (!(ads instanceof ListValue)) return errorValue('the second argument is not a list of ads');
  const expression = named?.expression ?? given;
  if (expression === undefined) return undefined;
  if (!scope.spend(costOfMaking(ads.length))) return errorValue('the list is too long');
  const inContext = (ad: AttributeTable): Value =>
    isOwnAd(expression) ? whole?.(scope) : scope.context(ad).evaluate(expression);
  return ads.values().map((ad) => {
    if (ad === undefined) return undefined;
    return isClassAd(ad) ? scope.deeper(() => inContext(ad)) : errorValue('an item of the list is not an ad');
  });
}

/** `MY` by itself means the ad that the call stands in, not the one of the context. */
function isOwnAd(expression: Expression): boolean {
  return expression.kind === 'reference' && asciiLower(expression.name) === 'my';
}

export const meta: FunctionFamily = {
  ifThenElse: lazy(3, 3, ifThenElse),
  eval: scoped(1, 1, evaluateText),
  unparse: lazy(1, 1, unparse),
  unresolved: lazy(1, 2, unresolved),
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
