import { expect, it } from 'vitest';
import { policyOf } from '#testing/pressure-world.ts';
import { policyProblem } from './check-policy.ts';

it('a policy whose expressions parse has no problem', () => {
  const groupOrder = { mode: 'Rank', rank: '0 - Cost' };
  expect(policyProblem(policyOf({ jobs: 'Owner == "alice"', groupOrder }))).toBeUndefined();
});

it.each([
  [{ jobs: 'Owner ==' }, 'InvalidExpression', /^spec\.jobs: /],
  [{ groupOrder: { mode: 'Rank', rank: '(1' } }, 'InvalidExpression', /^spec\.groupOrder\.rank: /],
])('the problem of the policy %j is reported', (spec, code, message) => {
  expect(policyProblem(policyOf(spec))).toMatchObject({ code, message: expect.stringMatching(message) });
});
