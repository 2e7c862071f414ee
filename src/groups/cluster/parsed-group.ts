import { type GlideinGroupSpec, glideinGroupSpec } from '#api/glidein-group.ts';
import { expressionProblem } from '#pressure/check-policy.ts';
import type { Fault } from '../pods/faults.ts';
import type { GroupResource } from './resources.ts';
import { readStored } from './stored-spec.ts';

/**
 * A group with its specification validated and every default in it, or what is wrong with it. One with an expression
 * that does not parse is valid for all but its creations: its pilots accept no job by it, and `fault` says why.
 */
export type ParsedGroup =
  | { readonly ok: true; readonly spec: GlideinGroupSpec; readonly fault: Fault | undefined }
  | { readonly ok: false; readonly problem: string };

/** Objects of an informer never change, so each is parsed once. */
const parsed = new WeakMap<object, ParsedGroup>();

/** A group may have been stored under an older schema: what it says is checked again. */
export function parseGroup(group: GroupResource): ParsedGroup {
  const known = parsed.get(group.spec);
  if (known !== undefined) return known;
  const read = readStored(glideinGroupSpec, group.spec);
  const answer: ParsedGroup = read.ok ? withoutBadExpressions(read.spec) : read;
  parsed.set(group.spec, answer);
  return answer;
}

/** One group's text must not stop the decisions for others, so nobody gets to see an expression that does not parse. */
function withoutBadExpressions(spec: GlideinGroupSpec): ParsedGroup {
  const problem = expressionProblem('spec.pilot.start', spec.pilot.start);
  if (problem === undefined) return { ok: true, spec, fault: undefined };
  const fault = { reason: 'InvalidExpression', message: problem.describe() };
  return { ok: true, spec: { ...spec, pilot: { ...spec.pilot, start: 'false' } }, fault };
}
