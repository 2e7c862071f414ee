import type * as z from 'zod';

export type StoredSpec<T> =
  | { readonly ok: true; readonly spec: T }
  /** What is wrong with it, with the fields. */
  | { readonly ok: false; readonly problem: string };

/**
 * A specification as the cluster has it, validated and with every default. It may have been stored under the definitions
 * of another version, which write their defaults into every object: fields that are not known here have no effect, and
 * are no reason to give up the whole fleet until the definitions are those of this version.
 */
export function readStored<S extends z.ZodType>(schema: S, stored: unknown): StoredSpec<z.output<S>> {
  const first = schema.safeParse(stored);
  if (first.success) return { ok: true, spec: first.data };
  const known = structuredClone(stored);
  for (const issue of first.error.issues) {
    if (issue.code === 'unrecognized_keys') leaveOut(known, issue.path, issue.keys);
  }
  const result = schema.safeParse(known);
  if (result.success) return { ok: true, spec: result.data };
  const faults = result.error.issues.map(({ path, message }) => `${['spec', ...path].join('.')}: ${message}`);
  return { ok: false, problem: faults.join('; ') };
}

function leaveOut(spec: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  const place = path.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), spec);
  if (isObject(place)) for (const key of keys) delete place[key];
}

const isObject = (value: unknown): value is Record<PropertyKey, unknown> =>
  typeof value === 'object' && value !== null;
