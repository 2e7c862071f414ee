import type { Expression } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import type { Environment } from './environment.ts';

/** How deep evaluation may go, from attribute to attribute and inside of expressions. */
export const evaluationDepth = 400;

/** What one evaluation shares between its scopes: the environment, and the expressions that are in progress. */
export class Session {
  readonly environment: Environment;
  #depth = 0;
  readonly #roots: AttributeTable[] = [];
  readonly #expressions: Expression[] = [];

  constructor(environment: Environment) {
    this.environment = environment;
  }

  /** Whether `expression` is being evaluated below `root` now: coming there again is a circle. */
  isActive(root: AttributeTable, expression: Expression): boolean {
    for (let at = this.#expressions.length - 1; at >= 0; at -= 1) {
      if (this.#expressions[at] === expression && this.#roots[at] === root) return true;
    }
    return false;
  }

  /** Notes that `expression` begins, `depth` nodes further down; false when that is too deep. */
  enter(root: AttributeTable, expression: Expression, depth: number): boolean {
    if (this.#depth + depth > evaluationDepth) return false;
    this.#depth += depth;
    this.#roots.push(root);
    this.#expressions.push(expression);
    return true;
  }

  leave(depth: number): void {
    this.#depth -= depth;
    this.#roots.pop();
    this.#expressions.pop();
  }
}
