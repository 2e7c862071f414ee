import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from '#testing/cluster.ts';
import { earlierCharts } from '#testing/earlier-charts.ts';
import { eventually } from '#testing/eventually.ts';
import { HelloOnCluster } from '#testing/hello-on-cluster.ts';
import { exampleValues, Release } from '#testing/release.ts';
import { StartReports } from '#testing/start-reports.ts';

/**
 * What an administrator does with the charts: installs, tests, upgrades, goes back, uninstalls. Releases that serve namespaces of
 * their own live side by side, so that the whole takes no longer than the longest of them.
 */

/** When something hangs, milliseconds. */
const patience = 600_000;

const isRoot = process.getuid?.() === 0;
const root = resolve(import.meta.dirname, '../..');
const image = 'glidein.dev/glidein:e2e';
/** The same image under another name: whatever uses it has to be a new pod. */
const next = 'glidein.dev/glidein:next';
let cluster: TestCluster;
let directory: string;
let reports: StartReports;
/** Installed from the charts as they were before their latest change. */
let upgraded: Release;

interface Listed {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec?: {
    readonly containers?: readonly { readonly image: string }[];
    readonly finalizers?: unknown;
  };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const list = async (namespace: string, what: string, ...more: string[]): Promise<readonly Listed[]> =>
  (await cluster.json<{ items: Listed[] }>(['--namespace', namespace, 'get', what, ...more])).items;

/** The names of everything in a namespace that a release, or the operator, can have made. */
async function everythingIn(namespace: string): Promise<string[]> {
  const kinds =
    'pods,deployments,statefulsets,daemonsets,services,configmaps,secrets,serviceaccounts,roles,rolebindings,leases,pvc,networkpolicies,pdb,gpool,gg,pp,gis';
  const names = (await cluster.kubectl(['--namespace', namespace, 'get', kinds, '-o', 'name'])).split('\n');
  // These two are in every namespace.
  const own = ['', 'configmap/kube-root-ca.crt', 'serviceaccount/default'];
  return names.filter((name) => !own.includes(name)).sort();
}

/** What docs/install.md says stays in a namespace that had a pool and groups. */
const leftInNamespace = [
  'lease.coordination.k8s.io/glidein-namespace',
  'persistentvolumeclaim/data-main-pool-0',
  'serviceaccount/glidein-pilot',
];

/** Waits until nothing else is left there. */
const leaves = (namespace: string, names: readonly string[]): Promise<void> =>
  eventually(async () => expect(await everythingIn(namespace)).toEqual(names), 120_000, 500);

/** A namespace goes as a whole, whoever still runs in it. */
const removeNamespace = (name: string) =>
  cluster.kubectl(['delete', 'namespace', name, '--timeout=90s', '--grace-period=1']);

/** The pods of a pool or an operator that serve, with their images. */
async function serving(namespace: string, component: string): Promise<{ uid: string; image: string }[]> {
  const pods = await list(namespace, 'pods', '-l', `app.kubernetes.io/component=${component}`);
  return pods
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .filter(({ status }) =>
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    )
    .map(({ metadata, spec }) => ({ uid: metadata.uid, image: spec?.containers?.[0]?.image ?? '' }));
}

/** Waits until one other pod serves, with this image. @returns its uid */
const replaced = (namespace: string, component: string, before: string, by: string): Promise<string> =>
  eventually(
    async () => {
      const pods = await serving(namespace, component);
      expect(pods).toEqual([{ uid: expect.not.stringContaining(before), image: by }]);
      return pods[0]?.uid ?? '';
    },
    120_000,
    500,
  );

/** The numbers of the twenty payloads, as often as each was started. */
const started = async (): Promise<number[]> =>
  (await reports.starts()).filter((name) => /^[0-9]+$/.test(name)).map(Number);

/** A pool, and two pilots of ten cores each, which need little of this machine. */
const bigSite = (namespace: string) => {
  const resource = (kind: string, spec: object) => ({
    apiVersion: 'glidein.dev/v1alpha1',
    kind,
    metadata: { name: 'main', namespace },
    spec,
  });
  const resources = { cpu: '20m', memory: '512Mi' };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    resource('GlideinPool', { type: 'Embedded', embedded: { storage: { size: '1Gi' }, resources } }),
    resource('GlideinGroup', {
      poolRef: { name: 'main' },
      replicas: 2,
      isolation: 'Shared',
      pilot: { cpus: 10, memory: '2Gi', disk: '2Gi' },
      template: { resources: { cpuRequest: '20m' } },
    }),
  ];
};

const hasPassed = { passed: true, said: expect.stringContaining('PASSED: the job') };

const job = (script: string, count: number) => `
  executable = /bin/sh
  arguments = "-c '${script}'"
  container_image = hello
  request_memory = 64 MB
  request_disk = 10 MB
  queue ${count}`;

describe.skipIf(!isRoot)(
  'the charts on a real cluster (needs root: a node runs containers)',
  { timeout: patience },
  () => {
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'glidein-install-'));
      const earlier = await earlierCharts(directory);
      cluster = await TestCluster.start(`install-${process.pid}`, image);
      await cluster.tag(image, next);
      reports = await StartReports.start(cluster, image);
      await cluster.helm(['install', 'glidein-crds', earlier.crds]);
      upgraded = new Release(cluster, 'upgraded', 'upgraded-system');
      await upgraded.makeNamespace('restricted');
      await cluster.apply(...bigSite('upgraded'));
      await upgraded.put('install', image, ['--set', 'watchNamespaces={upgraded}'], earlier.glidein);
      // As docs/install.md says it, the definitions first.
      await cluster.helm(['upgrade', 'glidein-crds', join(root, 'charts/glidein-crds')]);
    });
    afterAll(async () => {
      await cluster?.stop();
      await rm(directory, { recursive: true, force: true });
    });

    test.concurrent('20 payloads outlive an upgrade of everything and the way back, each started once; then the operator goes, and a pilot works on', async () => {
      const site = HelloOnCluster.of(cluster, 'upgraded', 'main');
      await site.poolIsReady();
      const jobs = await site.submit(
        job(`${reports.report('$(Process)')}; ${reports.waitFor('upgraded')}`, 20),
      );
      await eventually(async () => expect(await started()).toHaveLength(20), 120_000, 500);
      const [operator] = await serving('upgraded-system', 'operator');
      const [pool] = await serving('upgraded', 'pool');
      const pilots = (await site.pods()).map(({ uid }) => uid);

      await upgraded.put('upgrade', next, ['--set', 'watchNamespaces={upgraded}']);
      const newOperator = await replaced('upgraded-system', 'operator', operator?.uid ?? '', next);
      const newPool = await replaced('upgraded', 'pool', pool?.uid ?? '', next);
      // The pilots of before stay as they are; one that comes now is one of after.
      await site.kubectl(['scale', 'gg/main', '--replicas=3']);
      const [late] = await site.completed(await site.submit(job('true', 1)), 1);
      const newPilot = (await list('upgraded', 'pods')).find(
        ({ metadata }) => metadata.uid === late?.attempts[0]?.pilotUid,
      );
      expect(newPilot?.spec?.containers?.[0]?.image).toBe(next);
      expect((await site.pods()).map(({ uid }) => uid)).toEqual(expect.arrayContaining(pilots));

      await upgraded.rollback();
      await replaced('upgraded-system', 'operator', newOperator, image);
      await replaced('upgraded', 'pool', newPool, image);
      await reports.open('upgraded');
      const done = await site.completed(jobs, 20);
      expect(done.flatMap(({ attempts }) => attempts)).toHaveLength(20);
      expect((await started()).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, proc) => proc));

      const last = await site.submit(job(`${reports.report('last')}; ${reports.waitFor('uninstalled')}`, 1));
      await eventually(async () => expect(await reports.starts()).toContain('last'), 60_000, 500);
      await upgraded.uninstall();
      await leaves('upgraded-system', ['lease.coordination.k8s.io/upgraded-glidein-operator']);
      await reports.open('uninstalled');
      await site.completed(last, 1);
      await site.kubectl(['delete', 'gg,gpool', '--all', '--timeout=60s']);
      await leaves('upgraded', leftInNamespace);
      await Promise.all(['upgraded', 'upgraded-system'].map(removeNamespace));
    });

    test.concurrent('a release in a single namespace runs a job, says why none can run, and leaves what it says when pilots still run', async () => {
      const single = new Release(cluster, 'single', 'single');
      await single.makeNamespace('privileged');
      const values = await exampleValues('single-namespace', 'single', directory);
      await single.put('install', image, ['--values', values]);
      expect(await single.test()).toEqual(hasPassed);
      const site = HelloOnCluster.of(cluster, 'single', 'main');
      const impossible = ['--set', 'tests.timeoutSeconds=10', '--set', 'tests.submit=request_cpus = 64'];
      await single.put('upgrade', image, ['--values', values, ...impossible]);
      const failed = await single.test();
      expect(failed.passed).toBe(false);
      expect(failed.said).toMatch(/FAILED: the job .* has not ended within 10 s; above is why/);
      await site.submit(job(`trap exit TERM; ${reports.report('busy')}; sleep 600 & wait`, 1));
      await eventually(async () => expect(await reports.starts()).toContain('busy'), 60_000, 500);
      await single.uninstall();
      await leaves('single', [
        'lease.coordination.k8s.io/glidein-namespace',
        'lease.coordination.k8s.io/single-glidein-operator',
        'persistentvolumeclaim/data-main-pool-0',
        'pod/single-glidein-operator-test',
        'serviceaccount/glidein-pilot',
      ]);
      await removeNamespace('single');
    });

    test.concurrent('a hardened release runs jobs where Pod Security is enforced: restricted for operator, pool and pilots without containers', async () => {
      const hardened = new Release(cluster, 'hardened', 'hardened-system');
      await hardened.makeNamespace('restricted');
      const strict = new Release(cluster, 'none', 'strict');
      await strict.makeNamespace('restricted');
      const values = await exampleValues('hardened', 'hardened', directory);
      const folder = `seccompProfile.directory=${cluster.seccompFolder}`;
      const served = 'watchNamespaces={hardened,strict}';
      await hardened.put('install', image, ['--values', values, '--set', folder, '--set', served]);
      const [pool, group] = bigSite('strict').slice(1) as [object, { spec: { pilot: object } }];
      const pilot = { ...group.spec.pilot, runtime: { mode: 'Direct' } };
      await cluster.apply(pool, { ...group, spec: { ...group.spec, replicas: 1, pilot } });
      expect(await hardened.test()).toEqual(hasPassed);
      expect(await serving('hardened-system', 'operator')).toHaveLength(2);
      const site = HelloOnCluster.of(cluster, 'strict', 'main');
      await site.poolIsReady();
      await site.completed(
        await site.submit(`+WantDirect = true\n${job('true', 1).replace('container_image = hello', '')}`),
        1,
      );
      await hardened.uninstall();
      await leaves('hardened', leftInNamespace);
      await Promise.all(['hardened', 'hardened-system', 'glidein-seccomp', 'strict'].map(removeNamespace));
    });

    test('a cluster-wide release runs a job in a namespace of its own; the definitions stay until they are deleted', async () => {
      const wide = new Release(cluster, 'glidein', 'glidein-system');
      await wide.makeNamespace('restricted');
      await wide.put('install', image, ['--values', join(root, 'examples/values/cluster-wide.yaml')]);
      expect(await wide.test()).toEqual(hasPassed);
      await wide.uninstall();
      await leaves('hello', leftInNamespace);
      await cluster.helm(['uninstall', 'glidein-crds', '--wait']);
      const kinds = ['clusterroles,clusterrolebindings,validatingadmissionpolicies,crd', '-o', 'name'];
      const left = (await cluster.kubectl(['get', ...kinds]))
        .split('\n')
        .filter((name) => /glidein(?!:dns)/.test(name));
      expect(left.sort()).toEqual(
        ['glideingroups', 'glideinpools', 'imagesets', 'pressurepolicies'].map(
          (kind) => `customresourcedefinition.apiextensions.k8s.io/${kind}.glidein.dev`,
        ),
      );
      await cluster.kubectl(['delete', '--timeout=60s', ...left]);
      await Promise.all(['hello', 'glidein-system'].map(removeNamespace));
    });
  },
);
