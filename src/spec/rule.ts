import type * as z from 'zod';

/**
 * A constraint between the fields of a value. It is stated once and checked twice: by the API server as CEL, and by this
 * program when it parses the value without a cluster.
 */
export interface Rule<T> {
  /** The rule in CEL over `self`, to which the defaults have been applied. */
  readonly cel: string;
  /** What is wrong if it does not hold. */
  readonly message: string;
  /** What only this program adds to the message: the API server estimates the cost of printing a number too high. */
  readonly numbers?: (value: T) => string;
  /** What to write instead. */
  readonly cure: string;
  /** The field within the value that is to blame. */
  readonly path?: readonly string[];
  /** The same rule over the parsed value. */
  holds(value: T): boolean;
}

/** `schema` with `rules` as refinements, and as `x-kubernetes-validations` for the generated definition. */
export function withRules<S extends z.ZodType>(schema: S, rules: ReadonlyArray<Rule<z.output<S>>>): S {
  return schema
    .superRefine((value, context) => {
      // Rules assume valid fields; for a field that is itself invalid, its own message is enough.
      if (context.issues.length > 0) return;
      for (const rule of rules.filter((each) => !each.holds(value))) {
        context.addIssue({
          code: 'custom',
          message: rule.numbers === undefined ? rule.message : `${rule.message}: ${rule.numbers(value)}`,
          path: [...(rule.path ?? [])],
          params: { cure: rule.cure },
        });
      }
    })
    .meta({ 'x-kubernetes-validations': rules.map(validation) });
}

function validation<T>(rule: Rule<T>): Record<string, string> {
  const said = {
    rule: rule.cel,
    message: `${rule.message}; ${rule.cure}`,
  };
  return rule.path === undefined ? said : { ...said, fieldPath: `.${rule.path.join('.')}` };
}
