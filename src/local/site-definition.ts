import type { GlideinGroup } from '#api/glidein-group.ts';
import type { GlideinPool } from '#api/glidein-pool.ts';
import { readManifests } from '#api/manifest.ts';
import type { PlacedResource } from '#api/placed-resource.ts';
import type { PressurePolicySpec } from '#api/pressure-policy.ts';
import { checkReferences } from '#api/references.ts';
import { GlideinError, isCode } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';
import { policyProblem } from '#pressure/check-policy.ts';
import { templateOf } from '#pressure/template.ts';
import { amount } from '#spec/fields.ts';

/** A group that can run here, with what it refers to. */
export interface LocalGroup {
  readonly name: string;
  readonly spec: GlideinGroup['spec'];
  /** Undefined when the group's size is written down (replicas). */
  readonly policy: { readonly name: string; readonly spec: PressurePolicySpec } | undefined;
}

/** What the manifests describe, as far as it can run on this machine, and everything that is wrong with the rest. */
export interface SiteDefinition {
  readonly pool: string | undefined;
  readonly groups: readonly LocalGroup[];
  readonly problems: readonly GlideinError[];
}

/** What of this machine bounds a pilot. */
interface Machine {
  /** Bytes. */
  readonly memory: number;
}

/** One bad resource does not stop the others: it is left out and its problem is reported. */
export function defineSite(
  files: ReadonlyArray<{ file: string; text: string }>,
  machine: Machine,
): SiteDefinition {
  const { resources, problems } = readManifests(files);
  const dangling = checkReferences(resources);
  const { pool, problems: poolProblems } = onePool(resources);
  const { usable, problems: policyProblems } = usablePolicies(resources);
  const groups: LocalGroup[] = [];
  const refused: GlideinError[] = [...policyProblems];
  for (const placed of resources) {
    const { resource } = placed;
    if (resource.kind !== 'GlideinGroup' || resource.spec.poolRef.name !== pool) continue;
    const policy = policyOf(resource, usable);
    const problem = unfit(resource, placed, machine) ?? badStart(resource, placed);
    if (problem !== undefined) refused.push(problem);
    else if (policy !== undefined || resource.spec.replicas !== undefined) {
      groups.push({ name: resource.metadata.name, spec: resource.spec, policy });
    }
  }
  return { pool, groups, problems: [...problems, ...dangling, ...poolProblems, ...refused] };
}

/** One machine runs one pool; more than one needs more than one `glidein up`. */
function onePool(resources: readonly PlacedResource[]): {
  pool: string | undefined;
  problems: GlideinError[];
} {
  const pools = resources.filter((placed) => placed.resource.kind === 'GlideinPool');
  const embedded = pools.filter((placed) => (placed.resource as GlideinPool).spec.type === 'Embedded');
  const [first, ...others] = embedded;
  const problems = pools
    .filter((placed) => !embedded.includes(placed))
    .map(
      (placed) =>
        new GlideinError('Unsupported', 'spec.type: only an Embedded pool runs on one machine', {
          place: placed.placeOf(['spec', 'type']),
          cure: 'write type: Embedded',
        }),
    );
  for (const other of others) {
    problems.push(
      new GlideinError(
        'Unsupported',
        `one pool runs here at a time, and "${first?.resource.metadata.name}" came first`,
        {
          place: other.place,
          cure: 'start another `glidein up` with its own --state for this one',
        },
      ),
    );
  }
  return { pool: first?.resource.metadata.name, problems };
}

/** Resources without the policies that could never decide: what uses them is left out. */
function usablePolicies(resources: readonly PlacedResource[]) {
  const problems: GlideinError[] = [];
  const usable = resources.filter(({ resource, place }) => {
    if (resource.kind !== 'PressurePolicy') return true;
    const problem = policyProblem(resource.spec);
    if (problem === undefined) return true;
    const { code, message, cure } = problem;
    const text = `PressurePolicy "${resource.metadata.name}": ${message}; groups that use it are left out`;
    problems.push(new GlideinError(code, text, { place, ...(cure === undefined ? {} : { cure }) }));
    return false;
  });
  return { usable, problems };
}

/** The start expression is read where slots are made, and a pilot with one that does not parse would never start. */
function badStart(group: GlideinGroup, placed: PlacedResource): GlideinError | undefined {
  try {
    templateOf(group.spec.pilot);
    return undefined;
  } catch (error) {
    if (!isCode(error, 'InvalidExpression')) throw error;
    return new GlideinError('InvalidManifest', `spec.pilot: ${error.message}`, {
      place: placed.placeOf(['spec', 'pilot', 'start']),
      ...(error.cure === undefined ? {} : { cure: error.cure }),
    });
  }
}

function policyOf(group: GlideinGroup, resources: readonly PlacedResource[]): LocalGroup['policy'] {
  const name = group.spec.pressurePolicyRef?.name;
  for (const { resource } of resources) {
    if (resource.kind === 'PressurePolicy' && resource.metadata.name === name)
      return { name, spec: resource.spec };
  }
  return undefined;
}

/** Cores may be promised more than once, memory may not: it would end in the kernel's hands. */
function unfit(group: GlideinGroup, placed: PlacedResource, machine: Machine): GlideinError | undefined {
  const { memory } = group.spec.pilot;
  if (amount(memory) <= machine.memory) return undefined;
  return new GlideinError(
    'InvalidManifest',
    `spec.pilot.memory: a pilot of "${group.metadata.name}" wants ${memory}, this machine has ${formatBytes(machine.memory)}`,
    {
      place: placed.placeOf(['spec', 'pilot', 'memory']),
      cure: `write at most ${formatBytes(machine.memory)}`,
    },
  );
}
