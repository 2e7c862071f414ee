import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { readManifests } from '#api/manifest.ts';
import { type ControlPlane, startControlPlane } from '../../hack/cluster/control-plane.mjs';

/** Mistakes that users make, and how a real API server answers them. `glidein up` must say at least as much. */

const root = resolve(import.meta.dirname, '../..');
let plane: ControlPlane;
let kubectl: string;

beforeAll(async () => {
  plane = await startControlPlane();
  kubectl = kubectlOfCluster();
  const { code, text } = await apply(['-f', join(root, 'crds')]);
  expect(code, text).toBe(0);
  await kube(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
}, 900_000);
afterAll(() => plane?.stop());

function kubectlOfCluster(): string {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '', '.cache'), 'glidein/cluster');
  const folder = readdirSync(cache)
    .filter((name) => name.startsWith('kubernetes-'))
    .map((name) => join(cache, name, 'kubectl'));
  return folder.at(-1) ?? 'kubectl';
}

function kube(args: readonly string[], input = ''): Promise<{ code: number; text: string }> {
  return new Promise((done) => {
    const child = execFile(kubectl, ['--kubeconfig', plane.kubeconfig, ...args], (error, out, err) =>
      done({ code: error === null ? 0 : 1, text: `${out}${err}` }),
    );
    child.stdin?.end(input);
  });
}

const apply = (args: readonly string[], input?: string) =>
  kube(['apply', '--validate=strict', ...args], input);

const group = (spec: Record<string, unknown>, name = 'mistake') => ({
  apiVersion: 'glidein.dev/v1alpha1',
  kind: 'GlideinGroup',
  metadata: { name },
  spec: {
    poolRef: { name: 'hello' },
    pressurePolicyRef: { name: 'hello' },
    pilot: { cpus: 1, memory: '1Gi' },
    ...spec,
  },
});

const served = (services: readonly object[]) =>
  group({ pilot: { cpus: 3, memory: '1Gi', gpus: 2, services } });

const kindOf = (kind: string, spec: unknown) => ({
  apiVersion: 'glidein.dev/v1alpha1',
  kind,
  metadata: { name: 'mistake' },
  spec,
});

const mistakes: [string, unknown, RegExp][] = [
  [
    'a typo in a field',
    group({ pilot: { cpu: 1, cpus: 1, memory: '1Gi' } }),
    /unknown field "spec\.pilot\.cpu"/,
  ],
  ['no cores', group({ pilot: { cpus: 0, memory: '1Gi' } }), /spec\.pilot\.cpus.*greater than or equal to 1/],
  [
    'a size without a unit',
    group({ pilot: { cpus: 1, memory: 4 } }),
    /quantity without a unit counts bytes; write/,
  ],
  ['a size that is none', group({ pilot: { cpus: 1, memory: '4 gigs' } }), /spec\.pilot\.memory/],
  [
    'nobody decides how many pilots',
    group({ pressurePolicyRef: undefined }),
    /write exactly one of replicas and pressurePolicyRef/,
  ],
  [
    'two decide how many pilots',
    group({ replicas: 3 }),
    /write exactly one of replicas and pressurePolicyRef/,
  ],
  [
    'a pilot that is gone before it retires',
    group({ pilot: { cpus: 1, memory: '1Gi', lifetimes: { retireAfter: '2d', endAfter: '1d' } } }),
    /retireAfter is longer than endAfter/,
  ],
  [
    'a validation that would pause a pilot for ever',
    group({
      pilot: {
        cpus: 1,
        memory: '1Gi',
        validation: [{ name: 'gpu', command: ['nvidia-smi'], onFailure: 'Pause' }],
      },
    }),
    /Pause without a period/,
  ],
  [
    'a walltime that leaves eleven minutes before jobMaxTime',
    group({ pilot: { cpus: 1, memory: '1Gi', lifetimes: { maxWalltime: '24h', jobMaxTime: '23h48m' } } }),
    /jobMaxTime leaves less than ten minutes, or less than a tenth of itself, to accept jobs/,
  ],
  [
    'a duration without a unit',
    group({ pilot: { cpus: 1, memory: '1Gi', lifetimes: { maxIdle: '300' } } }),
    /maxIdle/,
  ],
  [
    'a host path for a volume',
    group({ template: { spec: { volumes: [{ name: 'h', hostPath: { path: '/' } }] } } }),
    /unknown field.*hostPath/,
  ],
  [
    'a block that does not fit the type',
    kindOf('GlideinPool', { type: 'Embedded', htcondor: {} }),
    /type: HTCondor|htcondor/,
  ],
  [
    'a rank without its mode',
    kindOf('PressurePolicy', { groupOrder: { rank: '0 - Cost' } }),
    /write rank with mode: Rank/,
  ],
  ['a strategy that does not exist', kindOf('PressurePolicy', { strategy: 'Magic' }), /Packing/],
  [
    'a strategy that is not built',
    kindOf('PressurePolicy', { strategy: 'Classic' }),
    /supported values: "Packing"/,
  ],
  [
    'warm containers for payloads without containers',
    group({ pilot: { cpus: 1, memory: '1Gi', runtime: { mode: 'Direct', warm: {} } } }),
    /write mode: Apptainer/,
  ],
  [
    'services that depend on each other in a cycle',
    served([
      { name: 'a', image: 'i', dependsOn: ['b'] },
      { name: 'b', image: 'i', dependsOn: ['a'] },
    ]),
    /write each service behind those that it depends on/,
  ],
  [
    'a probe of a port that the service does not have',
    served([{ name: 'a', image: 'i', readiness: { http: { port: 'web' } } }]),
    /write the name of one of its ports/,
  ],
  [
    'services that leave no core to jobs',
    served([
      { name: 'a', image: 'i', resources: { cpus: 1 } },
      { name: 'b', image: 'i', instances: 'PerGpu', resources: { cpus: 1 } },
    ]),
    /take all cores/,
  ],
  [
    'results of a service that never ends',
    served([{ name: 'a', image: 'i', results: [{ attribute: 'Score', pattern: '(.*)' }] }]),
    /write phase: BeforePayloads or Periodic/,
  ],
  [
    'a directory of images outside of its volume',
    kindOf('ImageSet', { directory: { claimName: 'images', path: '../other' } }),
    /directory\.path/,
  ],
  [
    'images without a place to publish them',
    kindOf('ImageSet', { images: [{ reference: 'debian:12' }] }),
    /spec\.directory/,
  ],
  [
    'an image that is no reference',
    kindOf('ImageSet', { directory: { claimName: 'images' }, images: [{ reference: 'Debian 12' }] }),
    /images\[0\]\.reference/,
  ],
  [
    'images that are looked for all the time',
    kindOf('ImageSet', { directory: { claimName: 'images' }, schedule: { every: '10ms' } }),
    /write at least 1s/,
  ],
  ['downtimes, which are not built', group({ downtimes: [] }), /unknown field "spec.downtimes"/],
];

test.each(mistakes)(
  'a manifest with this mistake is refused with what to write: %s',
  async (_what, manifest, message) => {
    const text = stringify(manifest);
    const { code, text: said } = await apply(['-f', '-'], text);
    expect(code, said).not.toBe(0);
    expect(said).toMatch(message);
    // Without a cluster, the same text is refused too, with its place.
    const { problems } = readManifests([{ file: 'mistake.yaml', text }]);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]?.place?.line).toBeGreaterThan(0);
  },
);

test.each(['hello', 'benchmark', 'triton', 'image-set'])(
  'the manifests of the example %s are accepted',
  async (name) => {
    const { code, text } = await apply(['--dry-run=server', '-f', join(root, 'examples', name)]);
    expect(code, text).toBe(0);
  },
);

test('what the API server stores after an update is a valid manifest', async () => {
  expect((await apply(['-f', join(root, 'examples/hello')])).code).toBe(0);
  const { text } = await kube(['get', 'gg', 'hello', '-o', 'yaml']);
  expect(parse(text)).toMatchObject({ kind: 'GlideinGroup', spec: { pilot: { cpus: 4 } } });
  const { problems } = readManifests([{ file: 'back.yaml', text }]);
  expect(problems.map((problem) => problem.describe())).toEqual([]);
});
