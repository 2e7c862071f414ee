import type * as z from 'zod';
import { type GlideinGroupSpec, glideinGroupSpec } from '#api/glidein-group.ts';
import { type PressurePolicySpec, pressurePolicySpec } from '#api/pressure-policy.ts';
import { issuesInWords } from '#base/issue-in-words.ts';
import { expressionProblem, policyProblem } from '#pressure/check-policy.ts';
import type { Fault } from '../status/conditions.ts';
import type { GroupResource, PolicyResource } from './resources.ts';

export type StoredSpec<T> =
  | { readonly ok: true; readonly spec: T }
  /** What is wrong with it, and in which fields. */
  | { readonly ok: false; readonly problem: string };

/**
 * A specification as the cluster has it, validated and with every default. It may have been stored under the definitions
 * of another version, which write their defaults into every object: unknown fields are therefore ignored, because
 * refusing them would stop the whole fleet until the definitions are those of this version.
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
  return { ok: false, problem: issuesInWords(result.error, 'spec', ['spec']) };
}

function leaveOut(spec: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  const place = path.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), spec);
  if (isObject(place)) for (const key of keys) delete place[key];
}

const isObject = (value: unknown): value is Record<PropertyKey, unknown> =>
  typeof value === 'object' && value !== null;

/**
 * A group with its specification validated and with every default, or what is wrong with it. A group with an expression
 * that does not parse counts as valid, except that no pilots are created for it; `fault` says why.
 */
export type ParsedGroup =
  | { readonly ok: true; readonly spec: GlideinGroupSpec; readonly fault: Fault | undefined }
  | { readonly ok: false; readonly problem: string };

/** Objects of an informer are never modified, so each is parsed once. */
const parsed = new WeakMap<object, ParsedGroup>();

/** A group may have been stored under an older schema, so its specification is checked again. */
export function parseGroup(group: GroupResource): ParsedGroup {
  const known = parsed.get(group.spec);
  if (known !== undefined) return known;
  const read = readStored(glideinGroupSpec, group.spec);
  const answer: ParsedGroup = read.ok ? withoutBadExpressions(read.spec) : read;
  parsed.set(group.spec, answer);
  return answer;
}

/** One group's text must not stop the decisions for others, so an expression that does not parse is replaced. */
function withoutBadExpressions(spec: GlideinGroupSpec): ParsedGroup {
  const problem = expressionProblem('spec.pilot.start', spec.pilot.start);
  if (problem === undefined) return { ok: true, spec, fault: undefined };
  const fault = { reason: 'InvalidExpression', message: problem.describe() };
  return { ok: true, spec: { ...spec, pilot: { ...spec.pilot, start: 'false' } }, fault };
}

/** A policy that can decide, or the reason why it cannot. */
export function readPolicy({ spec }: PolicyResource): StoredSpec<PressurePolicySpec> {
  const read = readStored(pressurePolicySpec, spec ?? {});
  const problem = read.ok ? policyProblem(read.spec) : undefined;
  return problem === undefined ? read : { ok: false, problem: problem.describe() };
}
