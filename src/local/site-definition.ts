import type { GlideinGroup } from '#api/glidein-group.ts';
import type { GlideinPool } from '#api/glidein-pool.ts';
import { readManifests } from '#api/manifest.ts';
import type { PlacedResource } from '#api/placed-resource.ts';
import type { PressurePolicySpec } from '#api/pressure-policy.ts';
import { checkReferences } from '#api/references.ts';
import { count } from '#base/count.ts';
import { GlideinError, isCode } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';
import { policyProblem } from '#pressure/check-policy.ts';
import { templateOf } from '#pressure/template.ts';
import { amount } from '#spec/fields.ts';
import type { PoolSpec } from '#spec/pool-spec.ts';
import { imageSetsIn, type LocalImageSet } from './image-sets.ts';
import type { Machine } from './machine.ts';

/** The name under which pools know this machine's pilots. */
export const siteName = 'local';

/** A group that can run here, with the policy that it refers to. */
export interface LocalGroup {
  readonly name: string;
  readonly spec: GlideinGroup['spec'];
  /** Undefined when the group has a fixed size (replicas). */
  readonly policy: { readonly name: string; readonly spec: PressurePolicySpec } | undefined;
}

/** What the manifests describe, as far as it can run on this machine, and all problems with the rest. */
export interface SiteDefinition {
  readonly pool: string | undefined;
  /** What that pool gets from its manifest. */
  readonly poolSpec: PoolSpec;
  readonly groups: readonly LocalGroup[];
  readonly imageSets: readonly LocalImageSet[];
  readonly problems: readonly GlideinError[];
  /** Where this machine deviates from the manifests. */
  readonly notes: readonly string[];
}

/** One bad resource does not stop the others: it is left out, and its problem is reported. */
export function defineSite(
  files: ReadonlyArray<{ file: string; text: string }>,
  machine: Machine,
): SiteDefinition {
  const { resources, problems } = readManifests(files);
  const dangling = checkReferences(resources);
  const { pool, poolSpec, problems: poolProblems } = onePool(resources);
  const { usable, problems: policyProblems } = usablePolicies(resources);
  const groups: LocalGroup[] = [];
  const refused: GlideinError[] = [...policyProblems];
  const notes: string[] = [];
  for (const placed of resources) {
    const { resource } = placed;
    if (resource.kind !== 'GlideinGroup' || resource.spec.poolRef.name !== pool) continue;
    const policy = policyOf(resource, usable);
    const problem = unfit(resource, placed, machine) ?? badStart(resource, placed);
    if (problem !== undefined) refused.push(problem);
    else if (policy !== undefined || resource.spec.replicas !== undefined) {
      const { name } = resource.metadata;
      const { cpus } = resource.spec.pilot;
      if (cpus > machine.cpus) notes.push(fewerCores(name, cpus, machine.cpus));
      const pilot = { ...resource.spec.pilot, cpus: Math.min(cpus, machine.cpus) };
      groups.push({ name, spec: { ...resource.spec, pilot }, policy });
    }
  }
  const images = imageSetsIn(resources);
  return {
    pool,
    poolSpec,
    groups,
    imageSets: images.imageSets,
    problems: [...problems, ...dangling, ...poolProblems, ...refused, ...images.problems],
    notes: [...notes, ...images.notes],
  };
}

/** One machine runs one pool; more than one needs more than one `glidein up`. */
function onePool(resources: readonly PlacedResource[]): {
  pool: string | undefined;
  poolSpec: PoolSpec;
  problems: GlideinError[];
} {
  const pools = resources.filter((placed) => placed.resource.kind === 'GlideinPool');
  const embedded = pools.filter((placed) => (placed.resource as GlideinPool).spec.type === 'Embedded');
  const [first, ...others] = embedded;
  const problems = pools
    .filter((placed) => !embedded.includes(placed))
    .map(
      (placed) =>
        new GlideinError('Unsupported', 'spec.type: `glidein up` only runs Embedded pools', {
          place: placed.placeOf(['spec', 'type']),
          cure: 'write type: Embedded',
        }),
    );
  for (const other of others) {
    problems.push(
      new GlideinError(
        'Unsupported',
        `only one pool runs here at a time, and "${first?.resource.metadata.name}" came first`,
        {
          place: other.place,
          cure: 'start another `glidein up` for this pool, with its own --state',
        },
      ),
    );
  }
  const {
    trustedIssuers = [],
    concurrencyLimits = [],
    filesPerOwner,
    accounting,
  } = (first?.resource as GlideinPool | undefined)?.spec.embedded ?? {};
  const issuers = trustedIssuers.filter(({ name }) => name !== siteName);
  if (first !== undefined && issuers.length < trustedIssuers.length) problems.push(namedAsThisSite(first));
  return {
    pool: first?.resource.metadata.name,
    poolSpec: { issuers, concurrencyLimits, filesPerOwner, accounting },
    problems,
  };
}

/** An issuer's name is the site of its tokens: with that of this site they could declare its pilots dead. */
const namedAsThisSite = (pool: PlacedResource): GlideinError =>
  new GlideinError(
    'InvalidManifest',
    `spec.embedded.trustedIssuers: "${siteName}" is the name of this site, so the issuer of that name is not trusted`,
    { place: pool.placeOf(['spec', 'embedded', 'trustedIssuers']), cure: 'give it another name' },
  );

/** The resources without policies that could never decide; groups that use such a policy are left out. */
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

/** Checks the start expression here: a pilot only parses it when it makes its slot, and would fail. */
function badStart(group: GlideinGroup, placed: PlacedResource): GlideinError | undefined {
  try {
    templateOf(group.spec, process.arch);
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

/** A pilot is at most as large as its machine: manifests are written for large nodes, and tried on laptops. */
const fewerCores = (name: string, wanted: number, has: number): string =>
  `pilots of "${name}" offer ${count(has, 'core')} instead of ${wanted}, because this machine has no more; --cores sets another number`;

/** Memory, unlike cores, is not reduced: jobs that need it would be killed one after the other. */
function unfit(group: GlideinGroup, placed: PlacedResource, machine: Machine): GlideinError | undefined {
  const { memory } = group.spec.pilot;
  if (amount(memory) <= machine.memory) return undefined;
  return new GlideinError(
    'InvalidManifest',
    `spec.pilot.memory: a pilot of "${group.metadata.name}" needs ${memory}, but this machine has ${formatBytes(machine.memory)} for pilots`,
    {
      place: placed.placeOf(['spec', 'pilot', 'memory']),
      cure: `write at most ${formatBytes(machine.memory)}, or allow more with --memory`,
    },
  );
}
