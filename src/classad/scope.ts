import type { Expression } from './ast.ts';
import type { Attribute, AttributeTable } from './attribute-table.ts';
import { compile } from './compile.ts';
import { type Environment, noEnvironment } from './environment.ts';
import { errorValue, isClassAd, type Value } from './value.ts';

/** How deep evaluation may go, from attribute to attribute and inside of expressions. */
export const evaluationDepth = 400;

/** What one evaluation shares between its scopes: the environment, and the attributes that are in progress. */
export class Session {
  readonly environment: Environment;
  depth = 0;
  readonly #roots: AttributeTable[] = [];
  readonly #expressions: Expression[] = [];

  constructor(environment: Environment) {
    this.environment = environment;
  }

  isActive(root: AttributeTable, expression: Expression): boolean {
    for (let at = this.#expressions.length - 1; at >= 0; at -= 1) {
      if (this.#expressions[at] === expression && this.#roots[at] === root) return true;
    }
    return false;
  }

  enter(root: AttributeTable, expression: Expression, depth: number): void {
    this.depth += depth;
    this.#roots.push(root);
    this.#expressions.push(expression);
  }

  leave(depth: number): void {
    this.depth -= depth;
    this.#roots.pop();
    this.#expressions.pop();
  }
}

/**
 * Where names are looked up: an ad, the scopes that enclose it lexically, and the other ad of a match.
 *
 * A bare name is searched in the ad, then in the enclosing ones, then, from an ad that stands alone, in the other
 * ad. In there the roles are exchanged: its `MY` is our `TARGET`.
 */
export class Scope {
  readonly ad: AttributeTable;
  readonly session: Session;
  readonly enclosing: Scope | undefined;
  /** The outermost ad around this one: circular references are found per such ad. */
  readonly root: AttributeTable;
  #other: Scope | undefined;
  /** Whether bare names that are found nowhere here are looked for in the other ad. */
  readonly #fallsThrough: boolean;

  private constructor(ad: AttributeTable, session: Session, enclosing?: Scope, fallsThrough = true) {
    this.ad = ad;
    this.session = session;
    this.enclosing = enclosing;
    this.root = enclosing?.root ?? ad;
    this.#other = enclosing?.other;
    this.#fallsThrough = fallsThrough;
  }

  /** The scope of `ad`, alone or matched with `target`. */
  static of(ad: AttributeTable, target?: AttributeTable, environment: Environment = noEnvironment): Scope {
    const session = new Session(environment);
    const scope = new Scope(ad, session);
    if (target !== undefined) {
      scope.#other = new Scope(target, session);
      scope.#other.#other = scope;
    }
    return scope;
  }

  /** The scope of the ad that this one is matched with. */
  get other(): Scope | undefined {
    return this.#other;
  }

  /** The scope of an ad that came up as a value. */
  within(ad: AttributeTable): Scope {
    if (ad === this.ad) return this;
    const outermost = this.#outermost();
    if (ad === outermost.ad) return outermost;
    if (ad === this.other?.ad) return this.other;
    return new Scope(ad, this.session, ad.lexical, false);
  }

  /** Evaluation in the context of `ad`, as evalInEachContext does it: what it lacks is searched from here on. */
  context(ad: AttributeTable): Scope {
    return new Scope(ad, this.session, ad.lexical ?? this);
  }

  /** A bare name, in lower case, `position` nodes below the root of its expression. */
  bare(key: string, position: number): Value {
    const own = this.#find(key);
    if (own !== undefined) return own.run(key, position);
    const other = this.#fallsThrough ? this.other : undefined;
    return other?.ad.find(key) === undefined ? undefined : other.run(key, position);
  }

  /** `ad.name`: in this ad and the ones that enclose it, never in the other ad of a match. */
  climb(key: string, position: number): Value {
    return this.#find(key)?.run(key, position);
  }

  /** Names that mean a scope unless an attribute has that name. */
  special(key: string, position: number): Value {
    if (this.ad.find(key) !== undefined) return this.run(key, position);
    switch (key) {
      case 'my':
      case 'self':
        return adValue(this.ad);
      case 'parent':
        return adValue(this.enclosing?.ad);
      case 'root':
      case 'toplevel':
        return adValue(this.absolute()?.ad);
      case 'currenttime':
        return this.now();
      default:
        return this.#find(key)?.run(key, position) ?? adValue(this.other?.ad);
    }
  }

  /** Where `.name` is looked up. A match has no outermost ad of the user's. */
  absolute(): Scope | undefined {
    return this.other === undefined ? this.#outermost() : undefined;
  }

  /** Seconds since the epoch. */
  now(): Value {
    const now = this.session.environment.now;
    return now === undefined ? errorValue('there is no clock here') : Math.trunc(now());
  }

  /** An expression that is not an attribute, evaluated here. */
  evaluate(expression: Expression): Value {
    return expression.kind === 'literal' ? expression.value : this.#guarded(expression, 1);
  }

  #outermost(): Scope {
    let scope: Scope = this;
    while (scope.enclosing !== undefined) scope = scope.enclosing;
    return scope;
  }

  #find(key: string): Scope | undefined {
    let scope: Scope | undefined = this;
    while (scope !== undefined && scope.ad.find(key) === undefined) scope = scope.enclosing;
    return scope;
  }

  private run(key: string, position: number): Value {
    const attribute = this.ad.find(key);
    if (attribute === undefined) return undefined;
    const { expression } = attribute;
    if (expression.kind === 'literal') return expression.value;
    return this.#guarded(expression, position, attribute);
  }

  /** A reference that leads back to itself is undefined. */
  #guarded(expression: Expression, position: number, attribute?: Attribute): Value {
    const { session, root } = this;
    if (attribute !== undefined && session.isActive(root, expression)) return undefined;
    if (session.depth + position > evaluationDepth) return errorValue('the evaluation nests too deep');
    session.enter(root, expression, position);
    const value = compiledOf(expression, attribute)(this);
    session.leave(position);
    return value;
  }
}

function compiledOf(expression: Expression, attribute: Attribute | undefined) {
  if (attribute === undefined) return compile(expression);
  attribute.compiled ??= compile(expression);
  return attribute.compiled;
}

function adValue(ad: AttributeTable | undefined): Value {
  return isClassAd(ad) ? ad : undefined;
}
