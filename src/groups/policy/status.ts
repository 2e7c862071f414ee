import type { PressurePolicyStatus } from '#api/pressure-policy.ts';
import { truncate } from '#base/truncate.ts';
import type { PolicyResource } from '../cluster/resources.ts';
import { conditionsOf, type Finding } from '../status/conditions.ts';
import { decidedAt } from '../status/decided-at.ts';
import type { PolicyDecisions } from './decide.ts';

/** The most characters of a decision that a status holds. */
const longest = 512;

interface PolicyFacts {
  readonly policy: PolicyResource;
  readonly groups: number;
  /** What was decided, or why nothing could be. */
  readonly decided: PolicyDecisions | { readonly problem: string };
  /** Why the demand of a pool is unknown, by pool. */
  readonly unknown: readonly { readonly pool: string; readonly reason: string }[];
  /** RFC 3339. */
  readonly now: string;
}

/** The status of a policy after a decision. */
export function policyStatus(facts: PolicyFacts): PressurePolicyStatus {
  const { policy, decided, now } = facts;
  const before = policy.status ?? {};
  const observedGeneration = policy.metadata.generation ?? 0;
  const conditions = conditionsOf(findingsOf(facts), before.conditions, now, observedGeneration);
  if ('problem' in decided) {
    const told = decidedAt(truncate(decided.problem, longest), before, now);
    return { observedGeneration, groups: facts.groups, ...told, conditions };
  }
  const decisions = [...decided.values()];
  const all = decisions.flatMap(({ groups }) => groups);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  const wanted = sum(all.map((group) => group.wanted));
  const decision = sentence(
    facts,
    all.map(({ group, reason }) => ({ group, reason })),
  );
  return {
    observedGeneration,
    groups: facts.groups,
    jobs: sum(decisions.map(({ waiting }) => waiting)),
    unrunnable: sum(decisions.flatMap(({ unrunnable }) => unrunnable.map(({ count }) => count))),
    wanted,
    ...decidedAt(decision, before, now),
    conditions,
  };
}

function sentence(
  { groups }: PolicyFacts,
  reasons: readonly { readonly group: string; readonly reason: string }[],
): string {
  if (groups === 0) return 'No group uses the policy';
  const different = new Set(reasons.map(({ reason }) => reason));
  const texts = different.size === 1 ? different : reasons.map(({ group, reason }) => `${group}: ${reason}`);
  return truncate([...texts].join('; '), longest);
}

function findingsOf({ decided, unknown }: PolicyFacts): readonly Finding[] {
  const ready: Finding =
    'problem' in decided
      ? { type: 'Ready', status: 'False', reason: 'CannotDecide', message: decided.problem }
      : { type: 'Ready', status: 'True', reason: 'Decides', message: 'The policy decides' };
  const [first] = unknown;
  const known: Finding =
    first === undefined
      ? {
          type: 'DemandKnown',
          status: 'True',
          reason: 'PoolsAnswer',
          message: 'Every pool says which jobs wait',
        }
      : {
          type: 'DemandKnown',
          status: 'False',
          reason: 'PoolUnknown',
          message: `Which jobs wait in the pool ${first.pool} is unknown: ${first.reason}`,
        };
  return [ready, known];
}
