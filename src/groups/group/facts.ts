import type { ReservedNumbers } from '#api/glidein-group-status.ts';
import type { BreakerVerdict } from '#fleet/breaker.ts';
import type { Plan } from '#fleet/plan.ts';
import type { GroupDecision } from '#pressure/decision.ts';
import type { Isolation } from '../isolation/isolation.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import type { Fault } from '../pods/faults.ts';

/** Everything that one reconcile found out. */
export interface GroupFacts {
  readonly pilots: readonly GroupPilot[];
  /** Pilots on their way, those that are not seen yet among them. */
  readonly starting: number;
  /** Pilots that jobs could fill: those on their way, those to add, and those that a limit has cost. */
  readonly demand: number;
  readonly blocker: Fault | undefined;
  readonly isolation: Isolation | undefined;
  readonly decision: GroupDecision;
  readonly plan: Plan;
  readonly breaker: BreakerVerdict;
  readonly reserved: ReservedNumbers;
  /** Of what the group's pods are made from now; undefined while none could be made. */
  readonly digest: string | undefined;
}
