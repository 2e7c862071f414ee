import type { Deaths } from '#backend/deaths.ts';
import type { KubeClient } from '#kube/client.ts';
import { milliseconds } from '#spec/fields.ts';
import type { Informers } from '../cluster/informers.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { DemandBoard } from '../demand/demand-board.ts';
import type { GroupMemory } from '../pilots/group-memory.ts';
import { supplyOfGroup } from '../pilots/supply.ts';
import type { CureContext } from '../pods/fault-table.ts';
import { nothingReserved } from '../pods/numbers.ts';
import type { CurrentGroup } from './current-group.ts';
import { type DeleteServices, deletePods } from './delete-pods.ts';
import { type DrainServices, drainPilots, drainsOf } from './drain.ts';
import { type Launched, type LaunchServices, launchPilots } from './launch.ts';
import type { GroupMetrics } from './metrics.ts';
import { type GroupPlan, type PlanServices, planPilots } from './plan.ts';
import { type PrepareServices, prepare, type Readiness } from './prepare.ts';
import { type RecordServices, recordPilots } from './record.ts';
import { removalsOf } from './remove.ts';
import { type ReportServices, report } from './report.ts';
import { settleOverdue } from './verify-cache.ts';
import { type WriteServices, writeReservation } from './write-status.ts';

/** Everything that the steps of a reconcile call; each step says what of it is its own. */
export interface ReconcileServices
  extends PrepareServices,
    PlanServices,
    LaunchServices,
    RecordServices,
    DrainServices,
    DeleteServices,
    ReportServices,
    WriteServices {
  readonly client: KubeClient;
  readonly informers: Pick<Informers, 'pods' | 'groups' | 'policies' | 'pools'>;
  readonly demandBoard: Pick<DemandBoard, 'latest'>;
  readonly deaths: Pick<Deaths, 'isTold'>;
  readonly groupMetrics: GroupMetrics;
  readonly logger: PrepareServices['logger'];
}

/** How a reconcile went. */
export interface Reconciled {
  /** Whether all of it could be done and written; otherwise look again soon. */
  readonly settled: boolean;
  readonly planned: GroupPlan;
}

/**
 * Prepare, observe, record, plan, launch, remove, drain, report: once for one group. Killed between any two steps it
 * leaves nothing that the next life does not understand: numbers without pods are used first, pods without a report are
 * observed.
 */
export async function reconcileGroup(
  current: CurrentGroup,
  memory: GroupMemory,
  services: ReconcileServices,
  signal: AbortSignal,
): Promise<Reconciled> {
  const { group, spec } = current;
  const cures = {
    namespace: group.metadata.namespace ?? '',
    spec,
    seccompProfile: services.settings.seccompProfile,
  };
  await settleOverdue(group, memory.expectations, services, signal);
  const ready = await prepare(current, memory, cures, services, signal);
  const planned = observeAndPlan(current, ready, memory, services);
  const launched = await reserveAndLaunch(current, ready, planned, memory, cures, services, signal);
  if (launched === undefined) return { settled: false, planned };
  const here = { ...current, group: launched.group };
  await removeAndDrain(here, planned, memory, services, signal);
  const isWritten = await report(here, planned, launched.count, memory, cures, services, signal);
  if (launched.failure !== undefined) throw launched.failure;
  return { settled: isWritten && ready.isFresh, planned };
}

/** Nothing waits in here, see {@link planPilots}. */
function observeAndPlan(
  current: CurrentGroup,
  ready: Readiness,
  memory: GroupMemory,
  services: ReconcileServices,
): GroupPlan {
  const { history, expectations } = memory;
  const supplied = supplyOfGroup(current.group, current.spec, expectations, { ...services, history });
  recordPilots(current, supplied.pilots, memory, services);
  memory.starting = supplied.supply.starting;
  return planPilots(current, supplied, ready, memory, services);
}

/** First the numbers, durably; then the pods. @returns undefined when somebody else wrote the group first */
async function reserveAndLaunch(
  { group, spec }: CurrentGroup,
  { make }: Readiness,
  { numbers, reserved, decision: { images } }: GroupPlan,
  memory: GroupMemory,
  cures: CureContext,
  services: ReconcileServices,
  signal: AbortSignal,
): Promise<(Launched & { readonly group: GroupResource }) | undefined> {
  if (make === undefined || numbers.length === 0) return { group, count: 0, failure: undefined };
  let written: GroupResource | undefined;
  try {
    // Also where nothing new is reserved: the write fails if what is known of the group is old.
    written = await writeReservation(group, reserved, memory, services, signal);
  } finally {
    if (written === undefined) memory.expectations.free(numbers);
  }
  if (written === undefined) return undefined;
  const avoided = memory.badNodes.toAvoid(milliseconds(spec.badNodes.avoidFor), services.clock.monotonic());
  const order = { ...make, group: written, spec, avoided, images, settings: services.settings };
  return { group: written, ...(await launchPilots(numbers, order, memory, cures, services, signal)) };
}

/** Everything but creation: what is over is deleted, what is not needed is asked to leave. */
async function removeAndDrain(
  current: CurrentGroup,
  planned: GroupPlan,
  { history, problemEvents }: GroupMemory,
  services: ReconcileServices,
  signal: AbortSignal,
): Promise<void> {
  const { group } = current;
  const { pilots, plan, digest } = planned;
  const reserved = group.status?.reservedNumbers ?? nothingReserved;
  const removals = removalsOf(current, pilots, plan, reserved, digest, {
    history,
    reported: problemEvents.byUid,
    deaths: services.deaths,
    now: services.clock.monotonic(),
  });
  await deletePods(group, removals, history, services, signal);
  for (const drain of drainsOf(current, planned)) await drainPilots(drain, services, signal);
}
