import { AdBuilder } from './ad-builder.ts';
import { AdScope } from './ad-scope.ts';
import { type Expression, list, literal, record } from './ast.ts';
import { AttributeTable } from './attribute-table.ts';
import type { Environment } from './environment.ts';
import { parseExpression } from './grammar.ts';
import { asciiLower } from './names.ts';
import { printExpression } from './print.ts';
import { Absent, Computed } from './slot.ts';
import {
  asNumber,
  asString,
  integerOf,
  isClassAd,
  ListValue,
  Real,
  type Scalar,
  truth,
  type Value,
} from './value.ts';

/** Plain data that can become a value; a number with a fraction becomes a real, null becomes undefined. */
export type PlainValue = boolean | number | string | null;

/**
 * A ClassAd: expressions by name. Names compare without regard to case and keep their spelling. With a parent,
 * what this ad does not define shows through from there (a proc's ad over its cluster's).
 */
export class ClassAd extends AttributeTable {
  static fromRecord(values: Readonly<Record<string, PlainValue>>): ClassAd {
    const ad = new ClassAd();
    for (const [name, value] of Object.entries(values)) ad.setValue(name, value === null ? undefined : value);
    return ad;
  }

  /**
   * The ad of the wire form: expression texts by name.
   *
   * @param parse parses a text that is more than a constant; a caller may pass one that caches
   * @throws GlideinError `InvalidExpression`
   */
  static fromTexts(texts: Readonly<Record<string, string>>, parse?: (text: string) => Expression): ClassAd {
    const builder = new AdBuilder();
    // For an object with many names this is several times as fast as `Object.entries`.
    for (const name of Object.keys(texts)) builder.setText(name, texts[name] ?? '', parse);
    return builder.finish(new ClassAd());
  }

  override empty(): ClassAd {
    return new ClassAd();
  }

  /** Sets a constant. A number with a fraction, or beyond 64 bits, becomes a real. */
  setValue(name: string, value: Value): this {
    return this.set(name, expressionOf(value));
  }

  /**
   * Sets an expression from its text.
   *
   * @throws GlideinError `InvalidExpression`
   */
  setText(name: string, text: string): this {
    return this.set(name, parseExpression(text));
  }

  /** A copy with the same parent; expressions are shared, for they never change. */
  clone(): ClassAd {
    const copy = new ClassAd(this.parent);
    this.copyInto(copy);
    return copy;
  }

  /** An ad without a parent that has every attribute that shows here. */
  flatten(): ClassAd {
    const flat = new ClassAd();
    for (const { name, expression } of this.attributes()) flat.set(name, expression);
    return flat;
  }

  /** The wire form: every attribute's expression as text that reads back as the same expression. */
  toTexts(): Record<string, string> {
    const texts: Record<string, string> = {};
    for (const { name, expression } of this.attributes()) texts[name] = printExpression(expression, 'wire');
    return texts;
  }

  /** The attribute's value, in this ad alone or matched with `target`; undefined when there is none. */
  evaluate(name: string, target?: AttributeTable, environment?: Environment): Value {
    const key = asciiLower(name);
    const slot = this.slot(key);
    if (slot instanceof Computed) return AdScope.of(this, target, environment).climb(key, 1);
    return slot instanceof Absent ? undefined : slot;
  }

  /** The value as a JavaScript number (booleans as 0 and 1); undefined for everything else. */
  evaluateNumber(name: string, target?: AttributeTable, environment?: Environment): number | undefined {
    return asNumber(this.evaluate(name, target, environment));
  }

  evaluateString(name: string, target?: AttributeTable, environment?: Environment): string | undefined {
    return asString(this.evaluate(name, target, environment));
  }

  /** True and false; numbers count as such; undefined for everything else. */
  evaluateBoolean(name: string, target?: AttributeTable, environment?: Environment): boolean | undefined {
    return truth(this.evaluate(name, target, environment));
  }
}

/** The ad that is `value`, with all its methods; undefined for everything else. */
export function asClassAd(value: Value): ClassAd | undefined {
  return value instanceof ClassAd ? value : undefined;
}

/** The expression that evaluates to `value`. */
export function expressionOf(value: Value): Expression {
  if (typeof value === 'number') return literal(numberOf(value));
  if (value instanceof ListValue) return list(value.expressions ?? value.values().map(expressionOf));
  if (isClassAd(value)) return record([...value.attributes()]);
  return literal(value);
}

function numberOf(value: number): Scalar {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? integerOf(value) : new Real(value);
}
