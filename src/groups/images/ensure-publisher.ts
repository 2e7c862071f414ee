import { randomBytes } from 'node:crypto';
import type { ImageSetResourceSpec } from '#api/image-set.ts';
import type { KubeClient } from '#kube/client.ts';
import { isAlreadyExists } from '#kube/kube-error.ts';
import { configMaps, type StatefulSet, secrets, statefulSets } from '#kube/resource.ts';
import { imageSetFields } from '#spec/image-set.ts';
import { digestFile, poolKey } from '../cluster/names.ts';
import type { ImageSetResource } from '../cluster/resources.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import { ownedBySet, publisherNames } from './names.ts';
import { publisherStatefulSet } from './publisher-pod.ts';

interface EnsureServices {
  readonly client: Pick<KubeClient, 'apply' | 'create' | 'find'>;
  readonly settings: SiteSettings;
  /** Digests of tokens that open its metrics, besides its own token. */
  readonly scrapeDigests: () => Promise<readonly string[]>;
}

/** Applies what the publisher reads, and the publisher. @returns the StatefulSet as it is now */
export async function ensurePublisher(
  services: EnsureServices,
  set: ImageSetResource,
  spec: ImageSetResourceSpec,
  signal: AbortSignal,
): Promise<StatefulSet> {
  const { client, settings, scrapeDigests } = services;
  if ((await findToken(client, set, signal)) === undefined) await makeToken(client, set, signal);
  await client.apply(configMaps, publisherDocument(set, spec, await scrapeDigests()), {}, signal);
  return client.apply(statefulSets, publisherStatefulSet(set, spec, settings, 1), {}, signal);
}

/** Ends the publisher of a set that must not write. */
export async function stopPublisher(
  { client, settings }: EnsureServices,
  set: ImageSetResource,
  spec: ImageSetResourceSpec,
  signal: AbortSignal,
): Promise<void> {
  await client.apply(statefulSets, publisherStatefulSet(set, spec, settings, 0), {}, signal);
}

/** What proves the operator to the publisher; undefined if there is none yet. */
export async function findToken(
  client: Pick<KubeClient, 'find'>,
  set: ImageSetResource,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { namespace } = poolKey(set);
  const found = await client.find(secrets, { namespace, name: publisherNames(set).tokenSecret }, signal);
  const token = found?.data?.token;
  return token === undefined ? undefined : Buffer.from(token, 'base64').toString('utf8');
}

/** It is created and not applied: of two operators, the second takes the token of the first. */
async function makeToken(
  client: Pick<KubeClient, 'create'>,
  set: ImageSetResource,
  signal: AbortSignal,
): Promise<void> {
  const token = Buffer.from(randomBytes(32).toString('base64url')).toString('base64');
  const metadata = ownedBySet(set, publisherNames(set).tokenSecret);
  await client
    .create(secrets, { metadata, type: 'Opaque', data: { token } }, signal)
    .catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
}

/** The ConfigMap with what the publisher reads again whenever it changes: the set without what concerns its pod, and who may scrape. */
export function publisherDocument(
  set: ImageSetResource,
  spec: ImageSetResourceSpec,
  scrapeDigests: readonly string[],
) {
  const fields = Object.keys(imageSetFields) as (keyof typeof imageSetFields)[];
  const said = Object.fromEntries(fields.map((field) => [field, spec[field]]));
  return {
    metadata: ownedBySet(set, publisherNames(set).specMap),
    data: { 'image-set.json': JSON.stringify(said), [digestFile]: scrapeDigests.join('\n') },
  };
}
