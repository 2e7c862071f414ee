import type { Expression } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import type { Environment } from './environment.ts';

/** How deep evaluation may go, from attribute to attribute and inside of expressions. */
export const evaluationDepth = 400;

/**
 * The most attributes that one evaluation may read, or other work of the same duration. A few attributes that each read the
 * next one twice would keep the original busy for ever; what people write needs a few hundred at most.
 */
const mostSteps = 100_000;

/**
 * The part of an expression that may take as long as reading an attribute, in its size: one text may have a hundred thousand
 * clauses that all read the same constant.
 */
const sizeOfStep = 64;

/** Beyond it the size is that of a text, which costs nothing to read as a whole. */
const mostStepsOfSize = 10_000;

/** What it costs to read an attribute with this expression, without what that reads in turn. */
export const stepsOf = ({ size }: Expression): number =>
  1 + Math.min(Math.floor(size / sizeOfStep), mostStepsOfSize);

/** An expression that is being evaluated, and the one that was being evaluated when it began. */
interface Frame {
  readonly root: AttributeTable;
  readonly expression: Expression;
  readonly depth: number;
  readonly below: Frame | undefined;
}

/**
 * What one evaluation shares between its scopes: the environment, the expressions that are in progress, and how deep and
 * how long it has been at work. Every step that could recurse passes through here.
 */
export class Session {
  readonly environment: Environment;
  readonly #mostSteps: number;
  #depth = 0;
  #steps = 0;
  /** Steps that have already been charged to the budget. */
  #settled = 0;
  #top: Frame | undefined;

  constructor(environment: Environment) {
    this.environment = environment;
    const { budget } = environment;
    this.#mostSteps = budget === undefined ? mostSteps : Math.min(mostSteps, budget.left);
  }

  /** Whether `expression` is being evaluated below `root` now: coming there again is a circle. */
  isActive(root: AttributeTable, expression: Expression): boolean {
    for (let frame = this.#top; frame !== undefined; frame = frame.below) {
      if (frame.expression === expression && frame.root === root) return true;
    }
    return false;
  }

  /** Whether nothing is being evaluated, so that an evaluation which starts now comes from outside. */
  get isIdle(): boolean {
    return this.#top === undefined;
  }

  /** Notes that `expression` begins, `depth` nodes further down; false when that is too deep, or one too many. */
  enter(root: AttributeTable, expression: Expression, depth: number): boolean {
    this.#steps += stepsOf(expression);
    if (this.#depth + depth > evaluationDepth || this.#steps > this.#mostSteps) return false;
    this.#depth += depth;
    this.#top = { root, expression, depth, below: this.#top };
    return true;
  }

  /** Notes that the evaluation goes `depth` further down without a new expression; false when that is too deep. */
  descend(depth: number): boolean {
    this.#steps += 1;
    if (this.#depth + depth > evaluationDepth || this.#steps > this.#mostSteps) return false;
    this.#depth += depth;
    return true;
  }

  ascend(depth: number): void {
    this.#depth -= depth;
  }

  /** Notes work that takes as long as reading this number of attributes; false when it is too much. */
  spend(steps: number): boolean {
    this.#steps += steps;
    return this.#steps <= this.#mostSteps;
  }

  /** Notes that the expression that began last has its value. */
  leave(): void {
    if (this.#top === undefined) return;
    this.#depth -= this.#top.depth;
    this.#top = this.#top.below;
  }

  /** Notes that the outermost evaluation has ended, and charges its steps to the budget. */
  end(): void {
    this.#top = undefined;
    this.#depth = 0;
    const { budget } = this.environment;
    if (budget === undefined) return;
    if (this.#steps > this.#mostSteps) budget.isOverdrawn = true;
    budget.left = Math.max(0, budget.left - (this.#steps - this.#settled));
    this.#settled = this.#steps;
  }
}
