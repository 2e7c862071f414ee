import { countPhases } from '#fleet/phase.ts';
import type { GroupResource } from '../resources.ts';
import { type GroupContext, labelsOf } from './context.ts';
import { type Created, createPilots } from './create.ts';
import { drainPilots } from './drain.ts';
import { tellEvents } from './events.ts';
import type { GroupFacts } from './facts.ts';
import { settleUnseen } from './fresh-look.ts';
import { whatHinders } from './group-snapshot.ts';
import { intend } from './intend.ts';
import { nothingReserved } from './numbers.ts';
import { podDigest } from './pod-builder.ts';
import { prepare, type Readiness } from './prepare.ts';
import { isOutdated, removalsOf } from './removals.ts';
import { removePods } from './remove.ts';
import type { PilotAccounts } from './service-account.ts';
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
  await act(here, ready, facts);
  tellEvents(here, facts, created.count);
  const { wanted } = facts.decision;
  const phases = countPhases(facts.pilots);
  context.parts.groupMetrics.seen(labelsOf(context), { phases, wanted, demand: facts.demand });
  const snapshot = snapshotOf(here, facts);
  context.memory.blocked = whatHinders(snapshot)?.message;
  const isWritten = await writeStatus(here, here.group, groupStatus(here, facts, snapshot));
  if (created.failure !== undefined) throw created.failure;
  return { settled: isWritten && ready.isFresh, facts };
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
async function act(context: GroupContext, { make }: Readiness, facts: GroupFacts): Promise<void> {
  const { spec, parts, group, heard } = context;
  const { pilots, plan } = facts;
  const digest =
    make === undefined ? undefined : podDigest({ spec, poolUrl: make.poolUrl, settings: parts.settings });
  const reserved = group.status?.reservedNumbers;
  const removals = removalsOf(context, pilots, plan, reserved ?? nothingReserved, digest);
  await removePods(context, removals);
  const why = spec.suspend ? 'the group is suspended' : 'no waiting job needs this pilot';
  await drainPilots(context, plan.release, why);
  const outdated = heard.known
    ? pilots.filter((pilot) => pilot.phase === 'Idle' && isOutdated(pilot, digest)).map(({ uid }) => uid)
    : [];
  const others = outdated.filter((uid) => !plan.release.includes(uid));
  await drainPilots(context, others, 'the group’s specification has changed');
}
