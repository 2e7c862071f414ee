import { truncate } from '#base/truncate.ts';
import { type Phase, phaseOf, type RuntimeState } from '#fleet/phase.ts';
import type { Pod } from '#kube/resource.ts';
import { endReason, wasDisrupted } from '../pods/end.ts';
import type { CureContext } from '../pods/fault-table.ts';
import { startFault, whyUnscheduled } from '../pods/faults.ts';
import { containerOf } from '../pods/pilot-pods.ts';
import type { IsolationTier } from '../pods/security.ts';
import { containerProblemOf, type StartProblem } from '../pods/start-errors.ts';
import { podState } from '../pods/state.ts';
import type { Fault } from '../status/conditions.ts';

export interface VerdictFacts {
  /** Why the API server refuses the probe pod of a tier. */
  readonly refused: ReadonlyMap<string, Fault>;
  /** Why the kubelet does not start a probe pod, by uid, where only Events say so. */
  readonly reported: ReadonlyMap<string, StartProblem>;
  readonly cures: CureContext;
}

/** What the probe pod of one tier shows. */
type Verdict =
  | { readonly kind: 'works'; readonly node: string | undefined }
  | { readonly kind: 'fails'; readonly reason: string }
  /** The API server refuses such a pod. */
  | { readonly kind: 'refused' | 'waits'; readonly fault: Fault }
  | { readonly kind: 'lost' | 'absent' };

export const stillProbing = (what: string): Fault => ({
  reason: 'ProbingIsolation',
  message: `Isolation is still being probed: ${what}`,
});

/** The verdict of a tier's probe pod, or of the API server if there is none. */
export function verdictOf(facts: VerdictFacts, tier: IsolationTier, pod: Pod | undefined): Verdict {
  if (pod === undefined) {
    const fault = facts.refused.get(tier);
    return fault === undefined ? { kind: 'absent' } : { kind: 'refused', fault };
  }
  const { runtime } = podState(pod);
  if (runtime.state !== 'Ended')
    return { kind: 'waits', fault: whatItWaitsFor(facts, pod, phaseOfProbe(runtime)) };
  if (!runtime.failed) return { kind: 'works', node: nodeKind(pod) };
  if (wasDisrupted(pod)) return { kind: 'lost' };
  return {
    kind: 'fails',
    reason: `${endReason(pod)}${tier === 'Shared' ? '' : ' (with its own user namespace)'}`,
  };
}

function whatItWaitsFor({ reported, cures }: VerdictFacts, pod: Pod, state: Phase): Fault {
  const { name, uid = '' } = pod.metadata;
  const problem = reported.get(uid) ?? containerProblemOf(pod);
  if (problem !== undefined) {
    const { reason, message } = startFault(problem.reason, problem.message, cures);
    return { reason, message: `The probe pod ${name} cannot start: ${message}` };
  }
  const unscheduled =
    state === 'Unscheduled' ? whyUnscheduled(`The probe pod ${name}`, pod, cures) : undefined;
  return unscheduled ?? stillProbing(`the probe pod ${name} is ${state}`);
}

/** A probe never registers. */
const phaseOfProbe = (runtime: RuntimeState): Phase => phaseOf({ runtime, registered: undefined });

/** The termination message of a successful probe is JSON: the tier, processor and kernel that it found. */
function nodeKind(pod: Pod): string | undefined {
  const text = containerOf(pod)?.state?.terminated?.message ?? '';
  try {
    const found = JSON.parse(text) as { arch?: unknown; kernel?: unknown };
    return truncate(`${String(found.arch)}, kernel ${String(found.kernel)}`, 256);
  } catch {
    return undefined;
  }
}
