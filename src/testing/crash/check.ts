import { actionFaults } from './check-actions.ts';
import { auditFaults } from './check-audit.ts';
import { bookFaults } from './check-books.ts';
import { executionFaults } from './check-executions.ts';
import { submissionFaults } from './check-submissions.ts';
import type { Diary } from './diary.ts';
import { byName, type PoolState, statusOf } from './pool-state.ts';

/** Everything in which a pool differs from what submitters and pilots have on record, as sentences; none if all is well. */
export const faultsOf = (diary: Diary, state: PoolState): readonly string[] => [
  ...submissionFaults(diary, state),
  ...actionFaults(diary, state),
  ...executionFaults(diary, state),
  ...bookFaults(diary, state),
  ...auditFaults(diary, state),
];

/** How many jobs have each JobStatus. */
export function countByStatus(state: PoolState): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const view of byName(state).values()) counts[statusOf(view)] = (counts[statusOf(view)] ?? 0) + 1;
  return counts;
}
