import { countPhases } from '#fleet/phase.ts';
import type { GroupResource } from '../cluster/resources.ts';
import { nothingReserved } from '../pods/numbers.ts';
import type { PilotAccounts } from '../pods/service-account.ts';
import { type GroupContext, labelsOf } from './context.ts';
import { removePods } from './delete-pods.ts';
import { drainPilots } from './drain.ts';
import { tellEvents } from './events.ts';
import type { GroupFacts } from './facts.ts';
import { awaitsFirstAnswer } from './first-answer.ts';
import { settleUnseen } from './fresh-look.ts';
import { type GroupSnapshot, whatBlocks, whatHinders } from './group-snapshot.ts';
import { type Created, createPilots } from './launch.ts';
import { leaversOf } from './leavers.ts';
import { intend } from './plan.ts';
import { prepare, type Readiness } from './prepare.ts';
import { removalsOf } from './remove.ts';
import { snapshotOf } from './snapshot-of.ts';
import { groupStatus } from './status.ts';
import { writeReservation, writeStatus } from './write-status.ts';

/** How a reconcile went. */
export interface Reconciled {
  /** Whether all of it could be done and written; otherwise look again soon. */
  readonly settled: boolean;
  readonly facts: GroupFacts;
}

/**
 * Observe, classify, plan, act, report: once for one group. Killed between any two steps it leaves nothing that the
 * next life does not understand: numbers without pods are used first, pods without a report are observed.
 */
export async function reconcileGroup(context: GroupContext, accounts: PilotAccounts): Promise<Reconciled> {
  await settleUnseen(context);
  const ready = await prepare(context, accounts);
  const { facts, numbers } = intend(context, ready);
  const created = await reserveAndCreate(context, ready, numbers, facts);
  if (created === undefined) return { settled: false, facts };
  const here = { ...context, group: created.group };
  await act(here, facts);
  tellEvents(here, facts, created.count);
  const snapshot = snapshotOf(here, facts);
  context.memory.blocked = whatHinders(snapshot)?.message;
  measure(context, facts, snapshot);
  const isWritten =
    awaitsFirstAnswer(here) || (await writeStatus(here, here.group, groupStatus(here, facts, snapshot)));
  if (created.failure !== undefined) throw created.failure;
  return { settled: isWritten && ready.isFresh, facts };
}

function measure({ parts, group }: GroupContext, facts: GroupFacts, snapshot: GroupSnapshot): void {
  parts.groupMetrics.seen(labelsOf({ group }), {
    phases: countPhases(facts.pilots),
    wanted: facts.decision.wanted,
    demand: facts.demand,
    ready: whatBlocks(snapshot) === undefined,
    breakerOpen: facts.breaker.state !== 'Closed',
  });
}

/** First the numbers, durably; then the pods. @returns undefined when somebody else wrote the group first */
async function reserveAndCreate(
  context: GroupContext,
  { make }: Readiness,
  numbers: readonly number[],
  { reserved }: GroupFacts,
): Promise<(Created & { readonly group: GroupResource }) | undefined> {
  const { group, memory, spec, parts } = context;
  if (make === undefined || numbers.length === 0) return { group, count: 0, failure: undefined };
  let current: GroupResource | undefined;
  try {
    // Also where nothing new is reserved: the write fails if what is known of the group is old.
    current = await writeReservation(context, reserved);
  } finally {
    if (current === undefined) for (const number of numbers) memory.inWork.delete(number);
  }
  if (current === undefined) return undefined;
  const order = { ...make, group, spec, settings: parts.settings };
  return { group: current, ...(await createPilots({ ...context, group: current }, numbers, order)) };
}

/** Everything but creation: what is over is deleted, what is not needed is asked to leave. */
async function act(context: GroupContext, facts: GroupFacts): Promise<void> {
  const { pilots, plan, digest } = facts;
  const reserved = context.group.status?.reservedNumbers ?? nothingReserved;
  await removePods(context, removalsOf(context, pilots, plan, reserved, digest));
  for (const drain of leaversOf(context, facts)) await drainPilots(context, drain);
}
