import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { systemClock } from '#base/clock.ts';
import { KubeClient } from '#kube/client.ts';
import { isAlreadyExists, isConflict, isInvalid, isNotFound } from '#kube/kube-error.ts';
import { kubeconfig } from '#kube/kubeconfig.ts';
import type { KubeObject } from '#kube/object.ts';
import {
  configMaps,
  glideinPools,
  pods,
  selfSubjectAccessReviews,
  serviceAccounts,
  tokenReviews,
} from '#kube/resource.ts';
import { Transport } from '#kube/transport.ts';
import { eventually } from '#testing/eventually.ts';
import { type KubeWorld, startKubeWorld } from '#testing/kube-world.ts';

let world: KubeWorld;
let folder: string;

beforeAll(async () => {
  world = await startKubeWorld();
  folder = await mkdtemp(join(tmpdir(), 'glidein-kubeconfig-'));
});
afterAll(async () => {
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
});

const key = (name: string) => ({ namespace: 'default', name });
const failure = (answer: Promise<unknown>) =>
  answer.then(
    () => undefined,
    (error: unknown) => error,
  );

test('the client creates, reads, patches and deletes objects', async () => {
  const made = await world.direct.create(configMaps, { metadata: key('crud'), data: { a: '1', b: '2' } });
  expect(isAlreadyExists(await failure(world.direct.create(configMaps, { metadata: key('crud') })))).toBe(
    true,
  );
  const patched = await world.direct.mergePatch(configMaps, key('crud'), { data: { a: null, c: '3' } });
  expect(patched.data).toEqual({ b: '2', c: '3' });
  const stale = { metadata: { resourceVersion: made.metadata.resourceVersion }, data: { d: '4' } };
  expect(isConflict(await failure(world.direct.mergePatch(configMaps, key('crud'), stale)))).toBe(true);
  expect(isConflict(await failure(world.direct.delete(configMaps, key('crud'), { uid: 'another' })))).toBe(
    true,
  );
  await world.direct.delete(configMaps, key('crud'), {
    uid: made.metadata.uid ?? '',
    propagation: 'Background',
  });
  expect(isNotFound(await failure(world.direct.get(configMaps, key('crud'))))).toBe(true);
  expect(await world.direct.find(configMaps, key('crud'))).toBeUndefined();
});

test('an apply owns the fields that it names, removes those that it no longer names, and leaves the rest to others', async () => {
  await world.direct.apply(configMaps, { metadata: key('owned'), data: { ours: '1', gone: '1' } });
  await world.direct.raw({
    method: 'PATCH',
    path: '/api/v1/namespaces/default/configmaps/owned',
    query: { fieldManager: 'somebody' },
    contentType: 'application/merge-patch+json',
    body: { data: { theirs: '1', ours: '2' } },
  });
  const mild = world.direct.apply(
    configMaps,
    { metadata: key('owned'), data: { ours: '3' } },
    { force: false },
  );
  expect(isConflict(await failure(mild))).toBe(true);
  const applied = await world.direct.apply(configMaps, { metadata: key('owned'), data: { ours: '3' } });
  expect(applied.data).toEqual({ ours: '3', theirs: '1' });
  const { resourceVersion } = applied.metadata;
  await world.direct.apply(configMaps, { metadata: key('owned'), data: { ours: '4' } });
  const stale = world.direct.apply(configMaps, {
    metadata: { ...key('owned'), resourceVersion },
    data: { ours: '5' },
  });
  expect(isConflict(await failure(stale))).toBe(true);
  const tried = await world.direct.apply(configMaps, { metadata: key('dry') }, { dryRun: true });
  expect(tried.metadata.uid).toBeDefined();
  expect(await world.direct.find(configMaps, key('dry'))).toBeUndefined();
});

test('the spec and the status of our resources are written separately', async () => {
  const file = join(import.meta.dirname, '../../crds/glideinpools.yaml');
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const body: unknown = parse(await readFile(file, 'utf8'));
  await world.direct.raw({ method: 'POST', path: definitions, body });
  interface Pool extends KubeObject {
    readonly spec: { readonly type: string; readonly embedded?: object };
    readonly status?: { readonly observedGeneration?: number };
  }
  const pools = glideinPools<Pool>();
  const made = await eventually(() =>
    world.direct.apply(pools, { metadata: key('pool'), spec: { type: 'Embedded' } }),
  );
  expect(made.spec.type).toBe('Embedded');
  const status = { observedGeneration: 1 };
  const told = await world.direct.applyStatus(pools, { metadata: key('pool'), status });
  expect(told.status).toEqual(status);
  expect(told.spec).toEqual(made.spec);
  const patched = await world.direct.mergePatchStatus(pools, key('pool'), {
    status: { observedGeneration: 2 },
  });
  expect(patched.status?.observedGeneration).toBe(2);
  expect(patched.metadata.generation).toBe(1);
  const wrong = await failure(world.direct.apply(pools, { metadata: key('wrong'), spec: { type: 'Cloud' } }));
  expect(isInvalid(wrong)).toBe(true);
  const grouped = (...groups: readonly object[]) => {
    const embedded = { accounting: { groups } };
    return world.direct.apply(pools, { metadata: key('grouped'), spec: { type: 'Embedded', embedded } });
  };
  await grouped({ name: 'a', cores: 9 }, { name: 'a.x', share: 0.7 }, { name: 'b', share: 0.7 });
  for (const [groups, words] of [
    [[{ name: 'a.x', cores: 9 }], 'the enclosing group is missing'],
    [['b', 'c'].map((name) => ({ name, share: 0.7 })), 'add up to more than 1'],
    [['b', 'B'].map((name) => ({ name, cores: 1 })), 'the name is taken'],
  ] as const)
    await expect(grouped(...groups)).rejects.toThrow(words);
});

test('the error of a refused request contains the server’s words', async () => {
  const refused = await failure(
    world.direct.create(pods, { metadata: key('empty'), spec: { containers: [] } }),
  );
  expect(refused).toMatchObject({ code: 'InvalidManifest', status: 422, reason: 'Invalid' });
  expect((refused as Error).message).toContain('spec.containers');
  await expect(world.direct.create(pods, { metadata: { name: 'nowhere' } })).rejects.toThrow(
    'without a namespace',
  );
});

test('tokens for service accounts are issued, and reviews verify them', async () => {
  await world.direct.create(serviceAccounts, { metadata: key('pilot') });
  const { token, expires } = await world.direct.createToken(key('pilot'), {
    audiences: ['glidein'],
    expirationSeconds: 900,
  });
  expect(Date.parse(expires) - Date.now()).toBeGreaterThan(800_000);
  const review = await world.direct.create(tokenReviews, { spec: { token, audiences: ['glidein'] } });
  expect(review.status).toMatchObject({
    authenticated: true,
    user: { username: 'system:serviceaccount:default:pilot' },
  });
  const attributes = { verb: 'create', resource: 'pods', namespace: 'default' };
  const access = await world.direct.create(selfSubjectAccessReviews, {
    spec: { resourceAttributes: attributes },
  });
  expect(access.status?.allowed).toBe(true);
});

test('a long list is read in pages', async () => {
  for (let index = 0; index < 5; index++) {
    await world.direct.create(configMaps, {
      metadata: { ...key(`page-${index}`), labels: { paged: 'yes' } },
    });
  }
  const selection = { namespace: 'default', labelSelector: 'paged=yes' };
  const first = await world.direct.page(configMaps, selection, { limit: 3 });
  expect(first.items).toHaveLength(3);
  const second = await world.direct.page(configMaps, selection, { limit: 3, next: first.next });
  expect(second.items).toHaveLength(2);
  expect(second.next).toBeUndefined();
  expect((await world.direct.list(configMaps, selection)).items).toHaveLength(5);
});

async function whoAmI(file: string, context?: string): Promise<string> {
  const config = await kubeconfig({
    clock: systemClock,
    file,
    ...(context === undefined ? {} : { context }),
  });
  const transport = new Transport({ config, clock: systemClock, random: Math.random });
  try {
    const client = new KubeClient(transport, { fieldManager: 'test' });
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const answer = (await client.raw({ method: 'POST', path, body })) as {
      status: { userInfo: { username: string } };
    };
    return answer.status.userInfo.username;
  } finally {
    await transport.close();
  }
}

test('a kubeconfig works with a token, with an exec plug-in and with impersonation', async () => {
  const plain = await whoAmI(world.plane.kubeconfig);
  expect(plain).not.toContain('anonymous');
  const plugin = join(folder, 'plugin');
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: world.plane.token },
  };
  await writeFile(plugin, `#!/bin/sh\ncat <<'END'\n${JSON.stringify(credential)}\nEND\n`);
  await chmod(plugin, 0o700);
  const cluster = {
    name: 'c',
    cluster: { server: `${world.plane.url}/`, 'certificate-authority': world.plane.caFile },
  };
  const exec = { apiVersion: credential.apiVersion, command: plugin, interactiveMode: 'Never' };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [cluster],
    users: [
      { name: 'by-plugin', user: { exec } },
      { name: 'as-jane', user: { token: world.plane.token, as: 'jane' } },
    ],
    contexts: [
      { name: 'plugin', context: { cluster: 'c', user: 'by-plugin', namespace: 'physics' } },
      { name: 'jane', context: { cluster: 'c', user: 'as-jane' } },
    ],
    'current-context': 'plugin',
  };
  const file = join(folder, 'config');
  await writeFile(file, JSON.stringify(config));
  expect(await whoAmI(file)).toBe(plain);
  expect((await kubeconfig({ clock: systemClock, file })).namespace).toBe('physics');
  expect(await whoAmI(file, 'jane')).toBe('jane');
  await expect(whoAmI(file, 'other')).rejects.toMatchObject({
    code: 'InvalidArgument',
    cure: 'choose one of its contexts: plugin, jane',
  });
  await expect(whoAmI(join(folder, 'none'))).rejects.toThrow(/cannot read .*none as a kubeconfig/);
});
