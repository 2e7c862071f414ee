import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ImageSetResource, imageSets } from '#groups/cluster/resources.ts';
import { events } from '#kube/event.ts';
import type { KubeObject } from '#kube/object.ts';
import {
  configMaps,
  persistentVolumeClaims,
  pods,
  type ResourceKind,
  secrets,
  statefulSets,
} from '#kube/resource.ts';
import { type ImageSetSpec, imageSetSpec } from '#spec/image-set.ts';
import type { ImageSetStatus } from '#spec/image-set-status.ts';
import { eventually } from '#testing/eventually.ts';
import { answerWith, digestOf, failedTag, liveTag } from '#testing/image-set-scene.ts';
import { OperatorWorld } from '#testing/operator-world.ts';

const namespace = 'atlas';
const at = (name: string) => ({ namespace, name });
const text = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64').toString();

let world: OperatorWorld;
const publishers: Server[] = [];

beforeAll(async () => {
  world = await OperatorWorld.start();
  await world.namespace(namespace);
  await world.startOperator();
});
afterAll(async () => {
  for (const server of publishers) server.close();
  await world?.stop();
});

async function claim(name: string): Promise<void> {
  const spec = { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } };
  await world.kube.direct.create(persistentVolumeClaims, { metadata: at(name), spec });
}

async function imageSet(name: string, spec: object = {}): Promise<void> {
  const whole = { images: [{ reference: 'debian:12' }], directory: { claimName: name }, ...spec };
  await world.kube.direct.create(imageSets, { metadata: at(name), spec: whole as ImageSetResource['spec'] });
}

/** A set of images whose claim exists, and whose publisher has a pod. */
async function made(name: string, spec: object = {}): Promise<void> {
  await claim(name);
  await imageSet(name, spec);
  await eventually(() => world.kube.direct.get(pods, at(`${name}-images-0`)));
}

/** What the condition says, once it says `reason`. */
const says = (name: string, type: string, reason: string) =>
  eventually(async () => {
    const { status } = await world.kube.direct.get(imageSets, at(name));
    const found = status?.conditions?.find((condition) => condition.type === type);
    if (found?.reason === reason) return found;
    throw new Error(`${type} of ${name} is ${JSON.stringify(found)}, not ${reason}`);
  });

/** Lets the pod of a publisher run at an address of this machine's loopback. */
async function runsAt(name: string, podIP: string): Promise<void> {
  const pod = at(`${name}-images-0`);
  await world.schedule(pod);
  const conditions = [{ type: 'Ready', status: 'True' }];
  await world.kubelet(pod, { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions });
}

/** Something that answers as a publisher does, for whoever has its token. */
async function publisherAt(host: string, token: string, answer: () => ImageSetStatus): Promise<Server> {
  const server = createServer((request, response) => {
    const isKnown = request.headers.authorization === `Bearer ${token}`;
    if (!isKnown || request.url !== '/v1/status') response.writeHead(isKnown ? 204 : 401).end();
    else response.end(JSON.stringify(answer()));
  }).listen(9620, host);
  await once(server, 'listening');
  publishers.push(server);
  return server;
}

test('everything that a publisher needs is created and owned by its set, with only the rights of the chart', async () => {
  await made('whole', { list: 'a/b:1\n', publisher: { resources: { memory: '2Gi' } } });
  const { direct } = world.kube;
  const [statefulSet, document, secret] = await Promise.all([
    direct.get(statefulSets, at('whole-images')),
    direct.get(configMaps, at('whole-images-spec')),
    direct.get(secrets, at('whole-images-token')),
  ]);
  for (const { metadata } of [statefulSet, document, secret])
    expect(metadata).toMatchObject({
      ownerReferences: [{ kind: 'ImageSet', name: 'whole', controller: true }],
      labels: { 'app.kubernetes.io/component': 'publisher', 'glidein.dev/image-set': 'whole' },
    });
  const spec: ImageSetSpec = imageSetSpec.parse(JSON.parse(document.data?.['image-set.json'] ?? ''));
  expect(spec).toMatchObject({
    images: [{ reference: 'debian:12' }],
    list: 'a/b:1\n',
    schedule: { every: '15m' },
  });
  expect(text(secret.data?.token)).toMatch(/^[\w-]{43}$/);
  expect(await says('whole', 'Ready', 'Scheduling')).toMatchObject({ status: 'False' });
});

test('a set repeats what its publisher says, tells its news in Events, and keeps its knowledge when the publisher is dead', async () => {
  await made('told');
  const { direct } = world.kube;
  const token = text((await direct.get(secrets, at('told-images-token'))).data?.token);
  const images = [liveTag('docker.io/library/debian:12'), failedTag('docker.io/a/b:1')];
  const publisher = await publisherAt('127.9.6.1', token, () => answerWith(images));
  await runsAt('told', '127.9.6.1');
  expect((await says('told', 'ImagesLive', 'Failing')).message).toBe(
    '1 of 2 tags fail: docker.io/a/b:1: the registry has no such tag',
  );
  await says('told', 'Ready', 'Serving');
  const { status } = await direct.get(imageSets, at('told'));
  expect(status).toMatchObject({
    counts: { tags: 2, published: 1, failed: 1 },
    images: [{ reference: 'docker.io/a/b:1' }, { digest: digestOf('a') }],
  });
  await eventually(async () => {
    const { items } = await direct.list(events, { namespace });
    const notes = items.filter(({ regarding }) => regarding?.name === 'told').map(({ note }) => note);
    expect(notes).toContain('docker.io/a/b:1: NotFound: the registry has no such tag');
    expect(notes).toContain(`docker.io/library/debian:12 for linux/amd64 leads to ${digestOf('a')}`);
  });
  publisher.close();
  publisher.closeAllConnections();
  // A change of the resource makes the operator ask now, and not in a quarter of a minute.
  await direct.mergePatch<ImageSetResource>(imageSets, at('told'), { spec: { paused: true } });
  const unknown = await says('told', 'ImagesLive', 'NoAnswer');
  expect(unknown.status).toBe('Unknown');
  expect(unknown.message).toContain(`as of ${status?.lastAnswer}`);
  await says('told', 'Ready', 'Paused');
  const later = await direct.get(imageSets, at('told'));
  expect(later.status?.images?.map(({ reference }) => reference)).toEqual([
    'docker.io/a/b:1',
    'docker.io/library/debian:12',
  ]);
});

test('a set takes the token that another operator has made for it', async () => {
  const token = Buffer.from('made-by-another').toString('base64');
  await world.kube.direct.create(secrets, { metadata: at('shared-images-token'), data: { token } });
  await made('shared');
  await publisherAt('127.9.6.2', 'made-by-another', () => answerWith([liveTag('a/b:1')]));
  await runsAt('shared', '127.9.6.2');
  await says('shared', 'ImagesLive', 'AllLive');
});

test('a set whose claim is missing says so, until somebody makes the claim', async () => {
  await imageSet('unclaimed');
  expect((await says('unclaimed', 'Ready', 'ClaimMissing')).message).toContain(
    'there is no PersistentVolumeClaim unclaimed in this namespace; create it',
  );
  await claim('unclaimed');
  await says('unclaimed', 'Ready', 'Scheduling');
});

test('a set that writes into the directory of an older one has no publisher, until the older one is gone', async () => {
  await made('older');
  const { direct } = world.kube;
  await imageSet('younger', { directory: { claimName: 'older', path: 'inside' } });
  expect((await says('younger', 'Ready', 'DirectoryTaken')).message).toContain(
    'the claim older belongs to the older ImageSet older',
  );
  expect(await direct.find(statefulSets, at('younger-images'))).toBeUndefined();
  await direct.delete(imageSets, at('older'));
  await eventually(() => direct.get(pods, at('younger-images-0')));
});

test('a set that moves into the directory of an older one ends its publisher', async () => {
  await made('first');
  await made('second');
  const { direct } = world.kube;
  const directory = { claimName: 'first', path: '' };
  await direct.mergePatch<ImageSetResource>(imageSets, at('second'), { spec: { directory } });
  await says('second', 'Ready', 'DirectoryTaken');
  expect((await direct.get(statefulSets, at('second-images'))).spec?.replicas).toBe(0);
  expect((await direct.get(statefulSets, at('first-images'))).spec?.replicas).toBe(1);
});

test('a deleted set leaves its claim behind, and nothing else', async () => {
  await made('gone');
  const { direct } = world.kube;
  await direct.delete(imageSets, at('gone'));
  await eventually(async () => {
    const labelSelector = 'glidein.dev/image-set=gone';
    const kinds: ResourceKind<KubeObject>[] = [statefulSets, secrets, configMaps, pods];
    for (const kind of kinds)
      expect((await direct.list(kind, { namespace, labelSelector })).items).toEqual([]);
  }, 60_000);
  expect((await direct.get(persistentVolumeClaims, at('gone'))).metadata.deletionTimestamp).toBeUndefined();
});
