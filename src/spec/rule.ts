import type * as z from 'zod';

/**
 * Something that must hold between the fields of a value, said once and checked twice: by the API server as CEL,
 * and by whoever parses the value without a cluster.
 */
export interface Rule<T> {
  /** The rule in CEL over `self`, which has its defaults. */
  readonly cel: string;
  /** What is wrong when it does not hold. */
  readonly message: string;
  /** What to write instead. */
  readonly cure: string;
  /** The field below the value that is to blame. */
  readonly path?: readonly string[];
  /** The same rule over the parsed value. */
  holds(value: T): boolean;
}

/** `schema` with `rules` as refinements, and as `x-kubernetes-validations` for the generated definition. */
export function withRules<S extends z.ZodType>(schema: S, rules: ReadonlyArray<Rule<z.output<S>>>): S {
  return schema
    .superRefine((value, context) => {
      // A rule is about valid parts; of a part that is wrong in itself its own message says enough.
      if (context.issues.length > 0) return;
      for (const rule of rules.filter((each) => !each.holds(value))) {
        context.addIssue({
          code: 'custom',
          message: rule.message,
          path: [...(rule.path ?? [])],
          params: { cure: rule.cure },
        });
      }
    })
    .meta({ 'x-kubernetes-validations': rules.map(validation) });
}

function validation<T>(rule: Rule<T>): Record<string, string> {
  const said = { rule: rule.cel, message: `${rule.message}; ${rule.cure}` };
  return rule.path === undefined ? said : { ...said, fieldPath: `.${rule.path.join('.')}` };
}
