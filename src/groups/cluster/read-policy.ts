import { type PressurePolicySpec, pressurePolicySpec } from '#api/pressure-policy.ts';
import { policyProblem } from '#pressure/check-policy.ts';
import type { PolicyResource } from './resources.ts';
import { readStored, type StoredSpec } from './stored-spec.ts';

/** A policy that can decide, or why it cannot. */
export function readPolicy({ spec }: PolicyResource): StoredSpec<PressurePolicySpec> {
  const read = readStored(pressurePolicySpec, spec ?? {});
  const problem = read.ok ? policyProblem(read.spec) : undefined;
  return problem === undefined ? read : { ok: false, problem: problem.describe() };
}
