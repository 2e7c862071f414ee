import type { Expression } from './ast.ts';
import type { AttributeSite } from './attribute-site.ts';
import type { AttributeTable } from './attribute-table.ts';
import { compile } from './compile.ts';
import { type Environment, noEnvironment } from './environment.ts';
import { type Compiled, type Scope, type SpecialName, unresolved } from './scope.ts';
import { Session } from './session.ts';
import { Absent, absent, Computed, type Slot } from './slot.ts';
import { type ErrorValue, errorValue, type Value } from './value.ts';

/** How many nodes of an expression a level of nested values counts as: it takes as much of the stack. */
const levelDepth = 4;

/** The scope of an ad in one evaluation. */
export class AdScope implements Scope {
  readonly ad: AttributeTable;
  readonly enclosing: AdScope | undefined;
  readonly #session: Session;
  /** The outermost ad around this one; circular references are detected per outermost ad. */
  readonly #root: AttributeTable;
  #other: AdScope | undefined;
  /** Whether bare names that are not found here are looked up in the other ad. */
  readonly #fallsThrough: boolean;
  /** Where the expression that is being evaluated looks names up instead of here: see {@link Scope.stray}. */
  #strayed: AdScope | undefined;
  /** The scope that this one stands for, if it is {@link Scope.nowhere}. */
  #origin: AdScope | undefined;

  private constructor(ad: AttributeTable, session: Session, enclosing?: AdScope, fallsThrough = true) {
    this.ad = ad;
    this.enclosing = enclosing;
    this.#session = session;
    this.#root = enclosing === undefined ? ad : enclosing.#root;
    this.#other = enclosing === undefined ? undefined : enclosing.#other;
    this.#fallsThrough = fallsThrough;
  }

  /** The scope of `ad`, alone or matched with `target`. */
  static of(ad: AttributeTable, target?: AttributeTable, environment: Environment = noEnvironment): AdScope {
    const session = new Session(environment);
    const scope = new AdScope(ad, session);
    if (target !== undefined) {
      scope.#other = new AdScope(target, session);
      scope.#other.#other = scope;
    }
    return scope;
  }

  get environment(): Environment {
    return this.#session.environment;
  }

  within(ad: AttributeTable): Scope {
    if (ad === this.ad) return this;
    const top = outermost(this);
    if (ad === top.ad) return top;
    if (ad === this.#other?.ad) return this.#other;
    return new AdScope(ad, this.#session, surrounding(ad), false);
  }

  context(ad: AttributeTable): Scope {
    return new AdScope(ad, this.#session, surrounding(ad) ?? this);
  }

  stray(to: Scope): void {
    if (to instanceof AdScope) this.#strayed = to === this ? undefined : to;
  }

  get here(): AdScope {
    return this.#strayed ?? this;
  }

  bare(site: AttributeSite, position: number): Value {
    return this.#strayed === undefined ? this.#bare(site, position) : this.#strayed.#bare(site, position);
  }

  #bare(site: AttributeSite, position: number): Value {
    const own = site.slotIn(this.ad);
    if (own !== absent) return this.#value(own, position);
    if (this.enclosing !== undefined) {
      const owner = ownerOf(this.enclosing, site.key);
      if (owner !== undefined) return owner.climb(site.key, position);
    }
    if (!this.#fallsThrough || this.#other === undefined) return undefined;
    return this.#other.#value(site.other().slotIn(this.#other.ad), position);
  }

  mine(special: AttributeSite, site: AttributeSite, position: number): Value | typeof unresolved {
    if (this.#strayed !== undefined) return unresolved;
    return special.slotIn(this.ad) === absent ? this.#inside(site, position) : unresolved;
  }

  others(special: AttributeSite, site: AttributeSite, position: number): Value | typeof unresolved {
    if (this.#other === undefined || this.enclosing !== undefined || special.slotIn(this.ad) !== absent) {
      return unresolved;
    }
    if (this.#strayed !== undefined) return unresolved;
    return this.#other.#inside(site, position);
  }

  ownerOf(key: string): Scope | undefined {
    return this.here.#ownerOf(key);
  }

  #ownerOf(key: string): Scope | undefined {
    const own = ownerOf(this, key);
    if (own !== undefined || !this.#fallsThrough) return own;
    return this.#other?.ad.slot(key) === absent ? undefined : this.#other;
  }

  get isMatched(): boolean {
    return this.#other !== undefined;
  }

  nowhere(): Scope {
    const scope = new AdScope(this.ad.empty(), this.#session);
    scope.#origin = this;
    return scope;
  }

  get lexical(): Scope {
    return this.#origin ?? this;
  }

  climb(key: string, position: number): Value {
    const own = this.ad.slot(key);
    if (own !== absent) return this.#value(own, position);
    return this.enclosing?.climb(key, position);
  }

  special(name: SpecialName, position: number): Value {
    return this.here.#special(name, position);
  }

  #special(name: SpecialName, position: number): Value {
    const own = this.ad.slot(name);
    if (own !== absent) return this.#value(own, position);
    switch (name) {
      case 'my':
      case 'self':
        return this.ad;
      case 'parent':
        return this.enclosing?.ad;
      case 'currenttime':
        return this.now();
      case 'target':
      case 'other':
        return this.#target(name, position);
      default:
        return this.#absolute()?.ad;
    }
  }

  #target(name: SpecialName, position: number): Value {
    const owner = ownerOf(this, name);
    return owner === undefined ? this.#other?.ad : owner.climb(name, position);
  }

  absolute(): Scope | undefined {
    return this.here.#absolute();
  }

  #absolute(): AdScope | undefined {
    return this.#other === undefined ? outermost(this) : undefined;
  }

  spend(steps: number): boolean {
    return this.#session.spend(steps);
  }

  deeper(run: () => Value): Value {
    if (!this.#session.descend(levelDepth)) return tooMuch();
    const value = run();
    this.#session.ascend(levelDepth);
    return value;
  }

  now(): Value {
    const { now } = this.environment;
    return now === undefined ? errorValue('there is no clock here') : Math.trunc(now());
  }

  evaluate(expression: Expression): Value {
    return expression.kind === 'literal' ? expression.value : this.enter(expression, undefined, 1);
  }

  /** Runs `expression`, and compiles it first if necessary; `depth` counts the nodes above it. */
  enter(expression: Expression, run: Compiled | undefined, depth: number): Value {
    if (this.#session.isIdle) return this.#begin(expression, run);
    if (!this.#session.enter(this.#root, expression, depth)) return tooMuch();
    const strayed = this.#strayed;
    this.#strayed = undefined;
    const value = (run ?? compile(expression))(this);
    this.#strayed = strayed;
    this.#session.leave();
    return value;
  }

  /**
   * The only way into an evaluation and out of it. Depth and steps are limited, so nothing should ever be thrown. What is thrown
   * anyway (the caller had nearly used up the stack, or a text exceeds the engine's limit) becomes an error value.
   */
  #begin(expression: Expression, run: Compiled | undefined): Value {
    this.#strayed = undefined;
    try {
      if (!this.#session.enter(this.#root, expression, 1)) return tooMuch();
      return (run ?? compile(expression))(this);
    } catch (error) {
      return errorValue(`it cannot be evaluated: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.#session.end();
    }
  }

  #inside(site: AttributeSite, position: number): Value {
    const own = site.slotIn(this.ad);
    return own === absent ? this.enclosing?.climb(site.key, position) : this.#value(own, position);
  }

  #value(slot: Slot, position: number): Value {
    if (typeof slot !== 'object' || !(slot instanceof Computed))
      return slot instanceof Absent ? undefined : slot;
    const { expression } = slot;
    // A reference that leads back to itself is undefined.
    if (this.#session.isActive(this.#root, expression)) return undefined;
    return this.enter(expression, (slot.run as Compiled | undefined) ?? firstRun(slot), position);
  }
}

/** Compiles an attribute when it is first evaluated. */
function firstRun(slot: Computed): Compiled {
  return (scope) => {
    const run = compile(slot.expression);
    slot.run = run;
    return run(scope);
  };
}

const tooMuch = (): ErrorValue => errorValue('the evaluation nests too deep, or reads too many attributes');

function outermost(scope: AdScope): AdScope {
  let top = scope;
  while (top.enclosing !== undefined) top = top.enclosing;
  return top;
}

/** The innermost scope, from `scope` outwards, whose ad has the name. */
function ownerOf(scope: AdScope, key: string): AdScope | undefined {
  let at: AdScope | undefined = scope;
  while (at !== undefined && at.ad.slot(key) === absent) at = at.enclosing;
  return at;
}

function surrounding(ad: AttributeTable): AdScope | undefined {
  return ad.lexical instanceof AdScope ? ad.lexical : undefined;
}
