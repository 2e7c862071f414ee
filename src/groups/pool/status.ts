import { isDeepStrictEqual } from 'node:util';
import type { GlideinPoolStatus } from '#api/glidein-pool.ts';
import type { PoolCounts } from '#backend/pool-counts.ts';
import type { PoolResource } from '../cluster/resources.ts';
import { conditionsOf, type Finding } from '../status/conditions.ts';

/** `lastAnswer` is written only when it is older than this, so that not every answer causes a write; milliseconds. */
const answerStepMs = 25_000;

/** What one reconcile found out. */
export interface Inspected {
  readonly address?: string | undefined;
  readonly conditions: readonly Finding[];
  /** Absent when the pool did not answer. */
  readonly counts?: PoolCounts | undefined;
}

/** The status to write; undefined if it already says all of it. Numbers that are no longer known are dropped. */
export function nextStatus(
  pool: PoolResource,
  inspected: Inspected,
  wall: number,
): GlideinPoolStatus | undefined {
  const before = pool.status ?? {};
  const generation = pool.metadata.generation ?? 0;
  const next = plain({
    observedGeneration: generation,
    conditions: conditionsOf(
      inspected.conditions,
      before.conditions,
      new Date(wall).toISOString(),
      generation,
    ),
    address: inspected.address,
    jobs: inspected.counts?.jobs,
    slots: inspected.counts?.slots,
    lastAnswer: lastAnswer(before.lastAnswer, inspected, wall),
  });
  return isDeepStrictEqual(plain(before), next) ? undefined : next;
}

function lastAnswer(before: string | undefined, { counts }: Inspected, wall: number): string | undefined {
  if (counts === undefined) return before;
  const recent = before !== undefined && wall - Date.parse(before) < answerStepMs;
  return recent ? before : new Date(wall).toISOString();
}

/** Without fields that are `undefined`, as JSON has it. */
const plain = (status: GlideinPoolStatus): GlideinPoolStatus =>
  JSON.parse(JSON.stringify(status)) as GlideinPoolStatus;
