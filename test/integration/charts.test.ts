import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { systemClock } from '#base/clock.ts';
import { poolNames } from '#groups/cluster/names.ts';
import { groups, pools } from '#groups/cluster/resources.ts';
import { KubeClient } from '#kube/client.ts';
import { isForbidden } from '#kube/kube-error.ts';
import { configMaps, define, serviceAccounts, statefulSets } from '#kube/resource.ts';
import { Transport } from '#kube/transport.ts';
import { usedRights } from '#testing/chart-rights.ts';
import { eventually } from '#testing/eventually.ts';
import { OperatorWorld } from '#testing/operator-world.ts';
import { chartFolders, helm, type Rendered, renderChart, valueFiles } from '../../hack/charts.mjs';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const definitions = define(
  'apiextensions.k8s.io/v1',
  'customresourcedefinitions',
  'CustomResourceDefinition',
  false,
);

let world: OperatorWorld;

beforeAll(async () => {
  world = await OperatorWorld.start();
  const names = [
    'glidein',
    'experiment',
    'atlas',
    'monitoring',
    'hello',
    'images-of-site',
    'glidein-seccomp',
  ];
  for (const name of names) await world.namespace(name);
  await world.kube.direct.create(serviceAccounts, { metadata: { namespace: 'atlas', name: 'alice' } });
});
afterAll(() => world?.stop());

const files = await valueFiles();

/** Lets the API server check objects without keeping them; unknown fields are errors. */
async function dryRun(objects: readonly Rendered[]): Promise<void> {
  const { kubectl, env } = await world.kubectl();
  const apply = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '--force-conflicts'];
  const child = run(kubectl, [...apply, '-f', '-'], { env });
  child.child.stdin?.end(objects.map((object) => stringify(object)).join('---\n'));
  await child;
}

test.each(files.map((file) => [basename(file), file] as const))(
  'the API server accepts every object of the chart with %s',
  async (_, file) => {
    const objects = await renderChart(chartFolders.glidein, ['--values', file]);
    // Only clusters with the Prometheus operator or cert-manager know these kinds.
    const foreign = /^(monitoring\.coreos\.com|cert-manager\.io)\//;
    const known = objects.filter(({ apiVersion }) => !foreign.test(apiVersion));
    expect(known.length).toBeGreaterThan(1);
    await dryRun(known);
  },
);

/** What the chart makes of one of the value files. */
const rendered = (name: string): Promise<Rendered[]> =>
  renderChart(chartFolders.glidein, ['--values', files.find((each) => each.endsWith(name)) ?? '']);

const namesOf = (objects: readonly Rendered[], kind: string) =>
  objects
    .filter((object) => object.kind === kind)
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    .sort();

test.each([
  ['one-namespace-values.yaml', 'experiment'],
  ['single-namespace.yaml', 'hello'],
])('a release for one namespace creates no cluster-wide object: %s', async (name, namespace) => {
  const objects = await rendered(name);
  expect(objects.filter(({ metadata }) => metadata.namespace === undefined)).toEqual([]);
  expect(namesOf(objects, 'Role')).toContain(`${namespace}/glidein-operator`);
});

test('a release for several namespaces has a Role, bound to the operator, and the network policies in each', async () => {
  const objects = await rendered('some-namespaces-values.yaml');
  const inEach = ['atlas/glidein-operator', 'experiment/glidein-operator'];
  for (const kind of ['Role', 'RoleBinding']) {
    const self = 'glidein/glidein-operator-self';
    expect(namesOf(objects, kind)).toEqual(expect.arrayContaining([...inEach, self]));
  }
  expect(namesOf(objects, 'ClusterRole')).toEqual([]);
  expect(namesOf(objects, 'NetworkPolicy')).toEqual(
    inEach.flatMap((name) => [`${name}-pilots`, `${name}-pools`]),
  );
  // Without a namespace, a resource is where the operator sees it.
  expect(namesOf(objects, 'GlideinPool')).toEqual(['atlas/there', 'experiment/here']);
  expect(JSON.stringify(objects)).toContain('--namespaces=experiment,atlas');
});

test('with cert-manager each pool serves with a certificate of its own, for its names, by one authority for a namespace', async () => {
  const objects = await rendered('cert-manager-values.yaml');
  expect(namesOf(objects, 'Certificate')).toEqual([
    'atlas/glidein-operator-authority',
    'atlas/other-pool',
    'atlas/there-pool',
    'experiment/glidein-operator-authority',
    'experiment/here-pool',
  ]);
  expect(namesOf(objects, 'Issuer')).toHaveLength(4);
  const named = (kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name === name);
  expect(named('Certificate', 'here-pool')).toMatchObject({
    spec: {
      secretName: 'here-pool-certificate',
      dnsNames: expect.arrayContaining([
        poolNames({ namespace: 'experiment', name: 'here' }).host,
        'localhost',
      ]),
      issuerRef: { kind: 'Issuer', name: 'glidein-operator-authority' },
    },
  });
  expect(named('GlideinPool', 'here')).toMatchObject({
    spec: { embedded: { tls: { secretName: 'here-pool-certificate' } } },
  });
  // What else the values say of the pool stays.
  expect(named('GlideinPool', 'other')).toMatchObject({ spec: { embedded: { jobLease: '20m' } } });

  const set = ['certManager.issuerRef.name=site', 'certManager.issuerRef.kind=ClusterIssuer'];
  const file = files.find((each) => each.endsWith('cert-manager-values.yaml')) ?? '';
  const bySite = await renderChart(chartFolders.glidein, [
    '--values',
    file,
    ...set.flatMap((each) => ['--set', each]),
  ]);
  expect(namesOf(bySite, 'Issuer')).toEqual([]);
  expect(JSON.stringify(bySite)).toContain('"kind":"ClusterIssuer","name":"site"');
});

test('all monitors show the token of one Secret, which is rendered empty and which the operator alone may fill', async () => {
  const objects = await rendered('monitored-values.yaml');
  const monitors = objects.filter(({ kind }) => kind === 'ServiceMonitor' || kind === 'PodMonitor');
  const shown = '"authorization":{"credentials":{"name":"glidein-operator-metrics","key":"token"}}';
  expect(monitors).toHaveLength(3);
  for (const monitor of monitors) expect(JSON.stringify(monitor)).toContain(shown);
  const secret = objects.find(({ kind }) => kind === 'Secret');
  expect(secret?.metadata.name).toBe('glidein-operator-metrics');
  expect(secret).not.toHaveProperty('data');
  expect(JSON.stringify(objects)).toContain(
    '"resources":["secrets"],"resourceNames":["glidein-operator-metrics"],"verbs":["get","patch"]',
  );
  expect(JSON.stringify(objects)).toContain('--metrics=Token');
});

test('two releases in one namespace, or of one name in two namespaces, share no object, and each operator has a Lease of its own', async () => {
  const values = [
    'seccompProfile.install=true',
    'networkPolicy.enabled=true',
    'metrics.dashboards.enabled=true',
  ];
  const objectsOf = async (release: string, namespace: string) => {
    const words = ['template', release, chartFolders.glidein, '--namespace', namespace];
    const { ok, stdout, output } = await helm([...words, ...values.flatMap((each) => ['--set', each])]);
    expect(ok, output).toBe(true);
    const objects = parseAllDocuments(stdout).flatMap((document) => (document.toJS() ?? []) as Rendered[]);
    return objects.map(({ kind, metadata, rules }) => ({
      name: `${kind} ${metadata.namespace ?? ''}/${metadata.name}`,
      // The Lease of a served namespace is the same for all, so that only one serves it.
      leases: rules?.find(
        ({ resources, verbs, resourceNames }) =>
          resources.includes('leases') &&
          verbs.includes('patch') &&
          !resourceNames?.includes('glidein-namespace'),
      ),
    }));
  };
  const longest = 'a'.repeat(53);
  const releases = [
    ['glidein', 'one'],
    ['other', 'one'],
    ['my.site', 'one'],
    ['2024', 'one'],
    [`${longest.slice(1)}b`, 'one'],
    ['glidein', 'two'],
  ] as const;
  const all = await Promise.all(releases.map(([release, namespace]) => objectsOf(release, namespace)));
  const names = all.flat().map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names.filter((name) => name.startsWith('Service one/')).sort()).toEqual(
    [
      'glidein-operator',
      'my-site-glidein-operator',
      'other-glidein-operator',
      'release-2024-glidein-operator',
      `${'a'.repeat(43)}-operator`,
    ]
      .map((name) => `Service one/${name}-metrics`)
      .sort(),
  );
  const leases = all.flat().flatMap(({ leases: rule }) => rule ?? []);
  expect(new Set(leases.map((rule) => JSON.stringify(rule))).size).toBe(5);
});

test('the test of a release uses the first of its pools', async () => {
  const tests = (await rendered('cluster-wide.yaml')).filter(({ kind }) => kind === 'Pod');
  expect(tests).toHaveLength(1);
  expect(tests[0]?.metadata).toMatchObject({ namespace: 'hello', annotations: { 'helm.sh/hook': 'test' } });
  expect(JSON.stringify(tests[0])).toContain('https://main-pool.hello.svc:9618');
  expect(namesOf(await rendered('default-values.yaml'), 'Pod')).toEqual([]);
});

/** What `helm install` says at its end. */
async function notes(...args: string[]): Promise<string> {
  const words = [
    'install',
    'other',
    chartFolders.glidein,
    '--namespace',
    'site',
    '--dry-run=client',
    ...args,
  ];
  const { ok, output } = await helm(words);
  expect(ok, output).toBe(true);
  return output.slice(output.indexOf('NOTES:'));
}

test('the notes of a release name the next command for what was installed, in the right namespaces', async () => {
  const nothing = await notes();
  expect(nothing).toContain('kubectl --namespace site rollout status deployment/other-glidein-operator');
  expect(nothing).toContain('kubectl --namespace site apply -f examples/hello');
  expect(nothing).not.toContain('helm test');
  expect(nothing).not.toContain('enforce=restricted');
  const valuesOf = (name: string) => ['--values', files.find((file) => file.endsWith(name)) ?? ''];
  const some = await notes(...valuesOf('some-namespaces-values.yaml'));
  expect(some).toContain('serves the namespaces experiment, atlas under');
  expect(some).toContain('glidein --pool experiment/here submit FILE');
  expect(some).toContain('glidein --pool atlas/there submit FILE');
  expect(some).toContain('There is no group yet');
  expect(some).toContain('helm test other --namespace site\n');
  const whole = await notes(...valuesOf('cluster-wide.yaml'));
  expect(whole).toContain('kubectl --namespace hello get gg main --watch');
  expect(whole).toContain('kubectl label namespace site pod-security.kubernetes.io/enforce=restricted');
});

test('several operators are spread, and a drain stops one at a time; one operator does not block a drain', async () => {
  const several = await rendered('hardened.yaml');
  expect(JSON.stringify(several)).toContain('"topologySpreadConstraints":[{"maxSkew":1');
  expect(namesOf(several, 'PodDisruptionBudget')).toEqual(['glidein/glidein-operator']);
  const one = await rendered('default-values.yaml');
  expect(JSON.stringify(one)).not.toContain('topologySpreadConstraints');
  expect(namesOf(one, 'PodDisruptionBudget')).toEqual([]);
});

const rightsOf = (roles: readonly Rendered[]): string[] =>
  roles.flatMap(({ rules = [] }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${group}/${resource} ${verb}`)),
      ),
    ),
  );

test.each(['default-values.yaml', 'one-namespace-values.yaml'])(
  'the operator has the rights that its code needs, and no others: %s',
  async (name) => {
    const roles = (await rendered(name)).filter(
      ({ kind, metadata }) => kind.endsWith('Role') && !/[:-](view|edit|submit)$/.test(metadata.name),
    );
    const given = new Set(rightsOf(roles));
    const used = await usedRights(join(root, 'src'));
    expect([...given].sort()).toEqual([...used].sort());
  },
);

test('every rule of the chart says above it what it is for', async () => {
  const folder = join(chartFolders.glidein, 'templates');
  for (const name of ['rbac.yaml', 'users.yaml']) {
    const lines = (await readFile(join(folder, name), 'utf8')).split('\n');
    const rules = lines.flatMap((line, index) => (/^ *- apiGroups:/.test(line) ? [index] : []));
    expect(rules.length).toBeGreaterThan(3);
    const silent = rules.filter((index) => !/^ *#/.test(lines[index - 1] ?? ''));
    expect(silent.map((index) => `${name}:${index + 1}`)).toEqual([]);
  }
});

/** A client that acts as somebody else. */
function actingAs(user: string): { client: KubeClient; close: () => Promise<void> } {
  const { url, ca, token } = world.kube.plane;
  const transport = new Transport({
    config: { server: url, ca, token: async () => token, impersonate: user, namespace: 'atlas' },
    clock: systemClock,
    random: Math.random,
  });
  return { client: new KubeClient(transport, { fieldManager: 'test' }), close: () => transport.close() };
}

const rbac = (plural: string, kind: string) => define('rbac.authorization.k8s.io/v1', plural, kind);

/** Gives a user rights in a namespace. */
async function grant(user: string, name: string, rules: readonly object[]): Promise<void> {
  const { direct } = world.kube;
  const metadata = { namespace: 'atlas', name };
  await direct.create(rbac('roles', 'Role'), { metadata, rules } as object);
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
  const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }];
  await direct.create(rbac('rolebindings', 'RoleBinding'), { metadata, roleRef, subjects } as object);
}

const group = (name: string) => ({
  metadata: { namespace: 'atlas', name },
  spec: { poolRef: { name: 'p' }, replicas: 0, pilot: { cpus: 1, memory: '1Gi' } } as object,
});

test('a user who may not create pods gets none through a group or a pool, but may still delete them', async () => {
  const { client: alice, close } = actingAs('alice');
  await grant('alice', 'resources', [{ apiGroups: ['glidein.dev'], resources: ['*'], verbs: ['*'] }]);
  try {
    // The policy takes effect a moment after its creation.
    const refusal = await eventually(async () => {
      const said: unknown = await alice.create(groups, group(`try-${systemClock.wall()}`) as never).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (said === undefined) throw new Error('the group was taken');
      return said;
    });
    expect(isForbidden(refusal)).toBe(true);
    expect((refusal as Error).message).toContain('alice may not create pods in the namespace atlas');
    const pool = { metadata: { namespace: 'atlas', name: 'p' }, spec: { type: 'Embedded' } as object };
    await expect(alice.create(pools, pool as never)).rejects.toThrow('alice may not create pods');

    await world.kube.direct.create(groups, group('made-by-admin') as never);
    const key = { namespace: 'atlas', name: 'made-by-admin' };
    await expect(alice.mergePatch(groups, key, { spec: { replicas: 5 } })).rejects.toThrow(
      'may not create pods',
    );
    await alice.mergePatch(groups, key, { metadata: { labels: { looked: 'at' } } });
    await alice.delete(groups, key);

    await grant('alice', 'pods', [{ apiGroups: [''], resources: ['pods'], verbs: ['create'] }]);
    await eventually(() => alice.create(groups, group('allowed') as never));
  } finally {
    await close();
  }
});

test('the cluster’s role edit includes the resources of this project', async () => {
  const aggregated = define<Rendered>('rbac.authorization.k8s.io/v1', 'clusterroles', 'ClusterRole', false);
  await eventually(async () => {
    const edit = await world.kube.direct.get(aggregated as never, { name: 'edit' });
    expect(rightsOf([edit as Rendered])).toContain('glidein.dev/glideingroups create');
  });
});

const uninstall = {
  operator: ['uninstall', 'glidein', '--namespace', 'glidein-system'],
  definitions: ['uninstall', 'glidein-crds'],
};
const install = {
  operator: ['install', 'glidein', chartFolders.glidein, '--namespace', 'glidein-system'],
  definitions: ['install', 'glidein-crds', chartFolders.crds, '--set', 'keep=false'],
};

test.each([
  ['operator', 'definitions'],
  ['definitions', 'operator'],
] as const)(
  'uninstalling the %s before the %s leaves nothing that cannot be deleted',
  async (first, second) => {
    const { direct } = world.kube;
    const namespace = `ends-with-${second}`;
    await world.namespace(namespace);
    await world.startOperator();
    await world.pool({ namespace, name: 'p' }, { type: 'Embedded' });
    const workload = { namespace, name: 'p-pool' };
    await eventually(() => direct.get(statefulSets, workload));
    if (first === 'operator') await world.endOperator();
    await world.helm(uninstall[first]);
    if (second === 'operator') await world.endOperator();
    await world.helm(uninstall[second]);
    await eventually(async () => {
      const left = (await direct.list(definitions)).items.map(({ metadata }) => metadata.name);
      expect(left.filter((name) => name.endsWith('glidein.dev'))).toEqual([]);
      expect(await direct.find(statefulSets, workload)).toBeUndefined();
      expect(await direct.find(configMaps, { namespace, name: 'p-pool-spec' })).toBeUndefined();
    }, 60_000);
    await world.helm(install.definitions);
    await world.helm(install.operator);
  },
);

test('the custom resource definitions stay if the values of their chart say so', async () => {
  const text = await readFile(join(chartFolders.crds, 'values.yaml'), 'utf8');
  expect(text).toContain('keep: true');
  const objects = await renderChart(chartFolders.crds);
  expect(objects).toHaveLength(4);
  for (const { metadata } of objects) {
    expect(metadata).toMatchObject({ annotations: { 'helm.sh/resource-policy': 'keep' } });
  }
  await dryRun(objects);
});
