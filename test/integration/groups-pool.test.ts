import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { poolNames } from '#groups/cluster/names.ts';
import { type PoolResource, pools } from '#groups/cluster/resources.ts';
import { newAuthority, newServer } from '#groups/pool/certificate-policy.ts';
import { PoolAccess } from '#groups/pool/pool-access.ts';
import type { KubeObject } from '#kube/object.ts';
import {
  configMaps,
  persistentVolumeClaims,
  pods,
  type ResourceKind,
  secrets,
  serviceAccounts,
  services,
  statefulSets,
} from '#kube/resource.ts';
import { type PoolSpec, poolSpec } from '#spec/pool-spec.ts';
import { eventually } from '#testing/eventually.ts';
import { OperatorWorld } from '#testing/operator-world.ts';
import { PoolCommand } from '#testing/pool-command.ts';

const namespace = 'atlas';
const embedded = (storage: object = {}) => ({ type: 'Embedded', embedded: { storage } });

let world: OperatorWorld;

beforeAll(async () => {
  world = await OperatorWorld.start();
  await world.namespace(namespace);
  await world.startOperator();
});
afterAll(() => world?.stop());

const at = (name: string) => ({ namespace, name });

const text = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64').toString();

/** A pool whose objects have been created. */
async function made(name: string, spec: object = embedded()): Promise<ReturnType<typeof poolNames>> {
  await world.pool(at(name), spec);
  const names = poolNames({ namespace, name });
  await eventually(() => world.kube.direct.get(pods, at(names.pod)));
  return names;
}

async function document(names: ReturnType<typeof poolNames>): Promise<PoolSpec> {
  const { data } = await world.kube.direct.get(configMaps, at(names.specMap));
  return poolSpec.parse(JSON.parse(data?.['pool.json'] ?? ''));
}

test('everything that a pool needs is created and owned by it, with only the rights of the chart', async () => {
  const names = await made('whole');
  const { direct } = world.kube;
  const owned = await Promise.all([
    direct.get(statefulSets, at(names.statefulSet)),
    direct.get(services, at(names.service)),
    direct.get(secrets, at(names.tlsSecret)),
    direct.get(secrets, at(names.authoritySecret)),
    direct.get(configMaps, at(names.authorityMap)),
    direct.get(configMaps, at(names.specMap)),
  ]);
  for (const { metadata } of owned) {
    expect(metadata.ownerReferences).toMatchObject([
      { kind: 'GlideinPool', name: 'whole', controller: true },
    ]);
    expect(metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'glidein',
      'app.kubernetes.io/component': 'pool',
      'glidein.dev/pool': 'whole',
    });
  }
  const { status } = await direct.get(pools, at('whole'));
  expect(status?.address).toBe('https://whole-pool.atlas.svc:9618');
});

test('the address of a pool is certified by an authority whose key stays in its own Secret', async () => {
  const names = await made('certified');
  const { direct } = world.kube;
  const tls = await direct.get(secrets, at(names.tlsSecret));
  const { data } = await direct.get(configMaps, at(names.authorityMap));
  const certificate = new X509Certificate(text(tls.data?.['tls.crt']));
  const authority = new X509Certificate(data?.['ca.crt'] ?? '');
  for (const host of ['certified-pool.atlas.svc', 'certified-pool.atlas.svc.cluster.local', 'localhost']) {
    expect(certificate.checkHost(host)).toBeDefined();
  }
  expect(certificate.verify(authority.publicKey)).toBe(true);
  expect(text(tls.data?.['ca.crt'])).toBe(data?.['ca.crt']);
  expect(Object.keys(data ?? {})).toEqual(['ca.crt']);
});

test('a missing certificate is created again by the same authority', async () => {
  const names = await made('renewed');
  const { direct } = world.kube;
  const before = await direct.get(secrets, at(names.tlsSecret));
  await direct.delete(secrets, at(names.tlsSecret));
  // A change of the resource makes the operator reconcile now, and not in five minutes.
  await direct.mergePatch<PoolResource>(pools, at('renewed'), { spec: { embedded: { jobLease: '30m' } } });
  const after = await eventually(() => direct.get(secrets, at(names.tlsSecret)));
  expect(after.data?.['tls.crt']).not.toBe(before.data?.['tls.crt']);
  expect(after.data?.['ca.crt']).toBe(before.data?.['ca.crt']);
});

test('a pool serves with the certificate of a Secret that somebody else keeps, and its authority is told when it changes', async () => {
  const { direct } = world.kube;
  const key = at('given');
  await world.pool(key, { type: 'Embedded', embedded: { tls: { secretName: 'from-elsewhere' } } });
  const { message } = await world.says(key, 'Ready', 'CannotBeMade');
  expect(message).toContain('spec.embedded.tls.secretName: there is no Secret from-elsewhere');

  const names = poolNames(key);
  const now = systemClock.wall();
  /** What cert-manager does when a certificate is due, and its authority has changed too. */
  const issue = async () => {
    const authority = await newAuthority('elsewhere', now);
    const server = await newServer(authority, [names.host, 'localhost'], now);
    const files = { 'tls.crt': server.certificate, 'tls.key': server.key, 'ca.crt': authority.certificate };
    const data = Object.fromEntries(
      Object.entries(files).map(([file, content]) => [file, Buffer.from(content).toString('base64')]),
    );
    await direct.apply(secrets, { metadata: at('from-elsewhere'), type: 'kubernetes.io/tls', data }, {});
    return authority.certificate;
  };
  const told = async () => (await direct.get(configMaps, at(names.authorityMap))).data?.['ca.crt'];
  const first = await issue();
  await eventually(async () => expect(await told()).toBe(first), 60_000);
  const made = await eventually(() => direct.get(statefulSets, at(names.statefulSet)));
  expect(made.spec?.template.spec?.volumes).toContainEqual(
    expect.objectContaining({
      name: 'tls',
      secret: expect.objectContaining({ secretName: 'from-elsewhere' }),
    }),
  );
  expect(await direct.find(secrets, at(names.tlsSecret))).toBeUndefined();
  expect(await direct.find(secrets, at(names.authoritySecret))).toBeUndefined();

  const second = await issue();
  expect(second).not.toBe(first);
  // Any change of the resource makes the operator look at once; without one it looks every five minutes.
  await direct.mergePatch(pools, key, { spec: { embedded: { jobLease: '30m' } } } as object);
  await eventually(async () => expect(await told()).toBe(second), 60_000);
});

test('a pool gets the keys to verify tokens of this cluster', async () => {
  const names = await made('keys');
  const [own] = (await document(names)).issuers;
  await world.kube.direct.create(serviceAccounts, { metadata: at('somebody') });
  const { token } = await world.kube.direct.createToken(at('somebody'), {
    audiences: [names.audience],
    expirationSeconds: 600,
  });
  const keys = createLocalJWKSet(JSON.parse(own?.jwks ?? '{}'));
  const { payload } = await jwtVerify(token, keys, { issuer: own?.issuer ?? '', audience: names.audience });
  expect(payload.sub).toBe('system:serviceaccount:atlas:somebody');
  expect(own?.name).toBe('here');
});

test('the issuers of a pool’s resource are added, and one with the name of the site is refused with the reason', async () => {
  const issuer = (name: string) => ({
    name,
    issuer: 'https://tokens.example',
    audiences: ['pool'],
    roles: [{ claim: 'scope', value: 'compute.create', role: 'Submitter' }],
  });
  const names = await made('issuers', { type: 'Embedded', embedded: { trustedIssuers: [issuer('wlcg')] } });
  expect((await document(names)).issuers.map(({ name }) => name)).toEqual(['here', 'wlcg']);
  await world.pool(at('clash'), { type: 'Embedded', embedded: { trustedIssuers: [issuer('here')] } });
  const said = await world.says(at('clash'), 'Ready', 'CannotBeMade');
  expect(said.message).toContain('give each entry a name of its own that is not the name of this site, here');
});

test('the condition of a pool says what keeps its pod from running, until nothing does', async () => {
  const names = await made('watched', embedded({ storageClassName: 'fast' }));
  const pod = at(names.pod);
  const waits = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no volume' };
  await world.kubelet(pod, { conditions: [waits] });
  expect((await world.says(at('watched'), 'Ready', 'VolumePending')).message).toContain('of the class fast');
  await world.schedule(pod);
  await world.says(at('watched'), 'Ready', 'Starting');
  const container = { name: 'pool', image: 'i', imageID: '', ready: false, restartCount: 2 };
  const missing = { waiting: { reason: 'ImagePullBackOff', message: 'not found' } };
  await world.kubelet(pod, { containerStatuses: [{ ...container, state: missing }] });
  await world.says(at('watched'), 'Ready', 'ImagePull');
  const ended = { terminated: { exitCode: 8, message: 'the disk is full' } };
  await world.kubelet(pod, { containerStatuses: [{ ...container, state: ended }] });
  expect((await world.says(at('watched'), 'Ready', 'Crashed')).message).toContain('the disk is full');
  await world.kubelet(pod, { conditions: [{ type: 'Ready', status: 'True' }] });
  await world.says(at('watched'), 'Ready', 'Serving');
  // No process listens at the address.
  expect((await world.says(at('watched'), 'DemandKnown', 'NoAnswer')).status).toBe('False');
});

test('the status of a pool is written once and not again', async () => {
  const names = await made('calm');
  // The message about a pod without a node changes by itself after a while.
  await world.schedule(at(names.pod));
  await world.says(at('calm'), 'Ready', 'Starting');
  const before = await world.kube.direct.get(pools, at('calm'));
  for (let label = 0; label < 5; label++) {
    await world.kube.direct.mergePatch(pods, at('calm-pool-0'), {
      metadata: { labels: { label: `${label}` } },
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const after = await world.kube.direct.get(pools, at('calm'));
  expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
});

test('a StatefulSet that somebody changed or removed is put back', async () => {
  const names = await made('mended');
  const { direct } = world.kube;
  const key = at(names.statefulSet);
  await direct.mergePatch(statefulSets, key, { spec: { replicas: 3 } });
  await eventually(async () => expect((await direct.get(statefulSets, key)).spec?.replicas).toBe(1));
  const { metadata } = await direct.get(statefulSets, key);
  await direct.delete(statefulSets, key);
  await eventually(async () => {
    expect((await direct.get(statefulSets, key)).metadata.uid).not.toBe(metadata.uid);
  });
});

test('the condition of a pool says that its volume is not changed automatically, while everything else is', async () => {
  const names = await made('grown');
  const change = { spec: { embedded: { storage: { size: '50Gi' }, image: 'example.org/glidein:other' } } };
  await world.kube.direct.mergePatch<PoolResource>(pools, at('grown'), change);
  const said = await world.says(at('grown'), 'StorageAsWanted', 'CannotChange');
  expect(said.message).toContain('made with 10Gi');
  const { spec } = await world.kube.direct.get(statefulSets, at(names.statefulSet));
  expect(spec?.template.spec?.containers[0]?.image).toBe('example.org/glidein:other');
  await world.kube.direct.delete(statefulSets, at(names.statefulSet));
  await world.says(at('grown'), 'StorageAsWanted', 'AsWanted');
  const anew = await world.kube.direct.get(statefulSets, at(names.statefulSet));
  expect(anew.spec?.volumeClaimTemplates?.[0]?.spec?.resources?.requests?.storage).toBe('50Gi');
});

test('pools of other types, which are not supported yet, are refused with what to write instead', async () => {
  const remote = { type: 'Remote', remote: { address: 'https://x:9618', site: 'here' } };
  await expect(world.pool(at('remote'), remote)).rejects.toThrow('write type: Embedded');
});

test.each([
  ['Delete', 0],
  ['Retain', 1],
])(
  'a deleted pool with whenDeleted %s leaves %i volume claims behind, and nothing else',
  async (whenDeleted, claims) => {
    const name = whenDeleted.toLowerCase();
    const names = await made(name, embedded({ whenDeleted }));
    const { direct } = world.kube;
    await eventually(() => direct.get(persistentVolumeClaims, at(names.claim)));
    // Another controller records on the claim whether it is deleted with the StatefulSet.
    if (whenDeleted === 'Delete') {
      await eventually(async () => {
        const { metadata } = await direct.get(persistentVolumeClaims, at(names.claim));
        expect(metadata.ownerReferences).toHaveLength(1);
      });
    }
    await direct.delete(pools, at(name));
    await eventually(async () => {
      const labelSelector = `glidein.dev/pool=${name}`;
      const kinds: ResourceKind<KubeObject>[] = [statefulSets, services, secrets, configMaps, pods];
      for (const kind of kinds) {
        expect((await direct.list(kind, { namespace, labelSelector })).items).toEqual([]);
      }
    }, 60_000);
    await eventually(async () => {
      const left = (await direct.list(persistentVolumeClaims, { namespace })).items;
      expect(left.filter(({ metadata }) => metadata.name === names.claim)).toHaveLength(claims);
    }, 60_000);
  },
);

test('the operator reaches a real pool over TLS with the document that it gave the pool', async () => {
  const names = await made('served');
  const { direct } = world.kube;
  const directory = await mkdtemp(join(tmpdir(), 'glidein-served-'));
  const tls = join(directory, 'tls');
  await mkdir(tls);
  const { data = {} } = await direct.get(secrets, at(names.tlsSecret));
  for (const [file, value] of Object.entries(data)) await writeFile(join(tls, file), text(value));
  const spec = join(directory, 'pool.json');
  await writeFile(spec, JSON.stringify(await document(names)));
  const process = await PoolCommand.start({
    directory,
    arguments: ['--tls-directory', tls, '--spec', spec],
  });
  const settings = { site: 'here', account: world.account };
  const access = new PoolAccess({ client: direct, clock: systemClock, settings });
  try {
    const pool = await direct.get(pools, at('served'));
    const address = `https://localhost:${process.port}`;
    const opened = await access.open({ ...pool, status: { ...pool.status, address } });
    expect(await opened.counts()).toMatchObject({ jobs: { idle: 0 }, slots: { claimed: 0 } });
    expect(await opened.announce({ session: 's', complete: true, pilots: [], ended: [] })).toBe(true);
    const demand = await opened.demand({ groups: [], reads: [], ask: 'q', waitSeconds: 0 });
    expect(demand).toMatchObject({ known: true, autoclusters: [], ask: 'q', session: 's' });
  } finally {
    await access.close();
    await process.end('SIGTERM');
    await rm(directory, { recursive: true, force: true });
  }
});
