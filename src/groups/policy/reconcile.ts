import { describeError } from '#base/error.ts';
import { done, type Result, requeueAfter } from '#controller/result.ts';
import { type CountedDecisions, countDecisions } from '#fleet/counted-decisions.ts';
import type { KubeClient } from '#kube/client.ts';
import { isConflict } from '#kube/kube-error.ts';
import { nameOf } from '#kube/object.ts';
import { milliseconds } from '#spec/fields.ts';
import { type Informers, inNamespaceOf } from '../cluster/informers.ts';
import { type GroupResource, type PolicyResource, policies } from '../cluster/resources.ts';
import { readPolicy } from '../cluster/stored-spec.ts';
import { mergePatch } from '../status/merge-patch.ts';
import type { WritePace } from '../status/write-pace.ts';
import { type DecideSources, decide, type PolicyDecisions } from './decide.ts';
import { policyStatus } from './status.ts';

/** How soon a policy is reconciled again when somebody else wrote it first, milliseconds. */
const afterConflict = 200;

export interface PolicyServices extends DecideSources {
  readonly informers: Pick<Informers, 'pods' | 'groups' | 'policies'>;
  readonly client: Pick<KubeClient, 'mergePatchStatus'>;
  readonly pace: WritePace;
  /** Queues the group `NAMESPACE/NAME` for a reconcile. */
  readonly wakeGroup: (name: string) => void;
}

/** Decide, wake the groups, report: for one policy at a time. It remembers the decisions that count for removal. */
export class PolicyReconciler {
  readonly #services: PolicyServices;
  readonly #previous = new Map<string, CountedDecisions>();

  constructor(services: PolicyServices) {
    this.#services = services;
  }

  /** A term begins. Another leader has decided since: its decisions are unknown here, and ours are too old to continue from. */
  begin(): void {
    this.#previous.clear();
    this.#services.decisions.clear();
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Result> {
    const { informers, pace, wakeGroup } = this.#services;
    const policy = informers.policies.store.named(name);
    if (policy === undefined) {
      this.#previous.delete(name);
      return done;
    }
    const groups = informers.groups.store.indexed('policy', name);
    const decided = this.#decide(policy, groups);
    for (const group of groups) wakeGroup(nameOf(group.metadata));
    if (!(await this.#report(policy, groups, decided, signal))) return requeueAfter(afterConflict);
    const owed = pace.takeOwed(policy.metadata.uid ?? '');
    if (owed !== undefined) return requeueAfter(Math.min(owed + 1, intervalOf(policy)));
    return groups.length === 0 ? done : requeueAfter(intervalOf(policy));
  }

  /** What is decided, or why nothing can be. */
  #decide(
    policy: PolicyResource,
    groups: readonly GroupResource[],
  ): PolicyDecisions | { readonly problem: string } {
    const read = readPolicy(policy);
    if (!read.ok) return { problem: read.problem };
    const name = nameOf(policy.metadata);
    const before = this.#previous.get(name);
    try {
      const named = { name: policy.metadata.name, spec: read.spec };
      const decided = decide(named, groups, before?.decisions ?? new Map(), this.#services);
      const now = this.#services.clock.monotonic();
      this.#previous.set(name, countDecisions(before, decided, now, intervalOf(policy)));
      return decided;
    } catch (error) {
      if (error instanceof Error) return { problem: describeError(error) };
      throw error;
    }
  }

  /** @returns false if somebody else wrote the policy first */
  async #report(
    policy: PolicyResource,
    groups: readonly GroupResource[],
    decided: PolicyDecisions | { readonly problem: string },
    signal: AbortSignal,
  ): Promise<boolean> {
    const { client, clock, pace } = this.#services;
    const now = new Date(clock.wall()).toISOString();
    const unknown = this.#unknownPools(groups);
    const status = policyStatus({ policy, groups: groups.length, decided, unknown, now });
    const patch = mergePatch(policy.status, status);
    const { uid = '', resourceVersion } = policy.metadata;
    if (patch === undefined || !pace.allows(uid)) return true;
    try {
      const write = { metadata: { resourceVersion }, status: patch };
      await client.mergePatchStatus(policies, policy.metadata, write as object, signal);
      pace.wrote(uid);
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  }

  #unknownPools(groups: readonly GroupResource[]) {
    const pools = new Set(groups.map((group) => inNamespaceOf(group, group.spec.poolRef.name)));
    return [...pools].flatMap((pool) => {
      const demand = this.#services.demandBoard.latest(pool);
      return demand.known ? [] : [{ pool, reason: demand.reason }];
    });
  }
}

function intervalOf(policy: PolicyResource): number {
  const read = readPolicy(policy);
  return read.ok ? milliseconds(read.spec.interval) : 60_000;
}
