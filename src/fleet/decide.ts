import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import type { PressurePolicySpec } from '#api/pressure-policy.ts';
import type { Decision, GroupDecision } from '#pressure/decision.ts';
import type { GroupSupply } from '#pressure/demand.ts';
import { pressure } from '#pressure/pressure.ts';
import { templateOf } from '#pressure/template.ts';
import { demandOf, type GroupsByUid, pilotsOfGroup } from './demand.ts';
import type { PoolDemand } from './pool-demand.ts';
import { preparesOf } from './prepared-images.ts';
import { fixedDecision, fixedWhileUnknown } from './replicas.ts';

/** What is known of a pool, and which of its pilots belong to whom. */
export interface PoolView {
  readonly demand: PoolDemand;
  readonly site: string;
  /** Of pilots that registered under another name of this site. */
  readonly own?: GroupsByUid;
}

/**
 * What a group could still get.
 * @param counts pilots that were started and have not registered, and those on their way out
 * @param arch of the machines that its pilots run on, as Node names it
 */
export const supplyOf = (
  name: string,
  spec: Pick<GlideinGroupSpec, 'pilot' | 'template' | 'suspend' | 'limits'>,
  counts: Pick<GroupSupply, 'starting' | 'leaving'>,
  arch: string,
): GroupSupply => ({
  name,
  template: templateOf(spec, arch),
  ...counts,
  suspended: spec.suspend,
  limits: spec.limits,
  ...preparesOf(spec.pilot),
});

/** A policy and its name, by which pools know it. */
export interface NamedPolicy {
  readonly name: string;
  readonly spec: PressurePolicySpec;
}

/** The decision of a policy for the groups that use it and feed one pool. */
export const decideByPolicy = (
  { name, spec }: NamedPolicy,
  supplies: readonly GroupSupply[],
  { demand, site, own }: PoolView,
  previous: Decision | undefined,
): Decision => pressure(demandOf(demand, name, site, own), supplies, spec, previous);

/** The decision for a group that has `replicas` instead of a policy. */
export function decideByReplicas(
  replicas: number,
  supply: GroupSupply,
  { demand, site, own }: PoolView,
): GroupDecision {
  if (!demand.known) return fixedWhileUnknown(supply, replicas, demand.reason);
  return fixedDecision(supply, replicas, pilotsOfGroup(demand, supply.name, site, own));
}
