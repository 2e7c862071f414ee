import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import type { GlideinGroupStatus } from '#api/glidein-group-status.ts';
import type { GlideinPoolSpec, GlideinPoolStatus } from '#api/glidein-pool.ts';
import type { ImageSetResourceSpec } from '#api/image-set.ts';
import type { ImageSetResourceStatus } from '#api/image-set-status.ts';
import type { PressurePolicySpec, PressurePolicyStatus } from '#api/pressure-policy.ts';
import type { KubeObject } from '#kube/object.ts';
import { glideinGroups, glideinPools, imageSetsOf, pressurePolicies } from '#kube/resource.ts';

/**
 * The resources of this project as the API server sends them: with its defaults, pruned by its schema. An object that
 * was stored under an older schema may differ, so whoever acts on a `spec` parses it first.
 */
export interface PoolResource extends KubeObject {
  readonly spec: GlideinPoolSpec;
  readonly status?: GlideinPoolStatus;
}

export interface GroupResource extends KubeObject {
  readonly spec: GlideinGroupSpec;
  readonly status?: GlideinGroupStatus;
}

export interface PolicyResource extends KubeObject {
  readonly spec: PressurePolicySpec;
  readonly status?: PressurePolicyStatus;
}

export interface ImageSetResource extends KubeObject {
  readonly spec: ImageSetResourceSpec;
  readonly status?: ImageSetResourceStatus;
}

export const pools = glideinPools<PoolResource>();
export const groups = glideinGroups<GroupResource>();
export const policies = pressurePolicies<PolicyResource>();
export const imageSets = imageSetsOf<ImageSetResource>();
