import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client.ts';
import { configMaps, secrets } from '#kube/resource.ts';
import { ownedByPool, poolKey, poolNames } from '../cluster/names.ts';
import type { PoolResource } from '../cluster/resources.ts';
import { isAuthorityUsable, newAuthority, newServer, serverRenewal } from './certificate-policy.ts';
import { givenCertificate, pairOf, textOf } from './given-certificate.ts';
import type { KeyedCertificate } from './sign-certificate.ts';
import { embeddedOf } from './stateful-set.ts';

/** What happened to a pool's certificates. */
export interface Certificates {
  /** Epoch milliseconds at which the serving certificate is to be replaced, or ends if somebody else replaces it. */
  readonly renewAt: number;
  readonly authorityMade: boolean;
  readonly serverMade: boolean;
}

/**
 * The pool's own authority and the certificate that it serves with, made or replaced when that is due, or those of the Secret
 * that the resource names, and what pilots need to verify it. Keys are in Secrets that no informer copies; they are read by name, one by one.
 */
export async function ensureCertificates(
  { client, clock }: { readonly client: KubeClient; readonly clock: Clock },
  pool: PoolResource,
  signal: AbortSignal,
): Promise<Certificates> {
  const now = clock.wall();
  const given = embeddedOf(pool).tls?.secretName;
  if (given !== undefined) {
    const { host, namespace } = { ...poolNames(poolKey(pool)), ...poolKey(pool) };
    const secret = await client.find(secrets, { namespace, name: given }, signal);
    const { ca, ends } = givenCertificate(secret, given, [host, 'localhost'], now);
    await tellAuthority(client, pool, ca, signal);
    return { renewAt: ends, authorityMade: false, serverMade: false };
  }
  const authority = await ensureAuthority(client, pool, now, signal);
  await tellAuthority(client, pool, authority.value.certificate, signal);
  const server = await ensureServer(client, pool, authority.value, now, signal);
  return { renewAt: server.renewAt, authorityMade: authority.made, serverMade: server.made };
}

/** Writes what pilots and clients trust. */
async function tellAuthority(client: KubeClient, pool: PoolResource, ca: string, signal: AbortSignal) {
  const metadata = ownedByPool(pool, poolNames(poolKey(pool)).authorityMap);
  await client.apply(configMaps, { metadata, data: { 'ca.crt': ca } }, {}, signal);
}

async function ensureAuthority(client: KubeClient, pool: PoolResource, now: number, signal: AbortSignal) {
  const key = poolKey(pool);
  const name = poolNames(key).authoritySecret;
  const found = pairOf(await client.find(secrets, { namespace: key.namespace, name }, signal));
  if (found !== undefined && isAuthorityUsable(found, now)) return { value: found, made: false };
  const value = await newAuthority(`glidein pool ${key.namespace}/${key.name}`, now);
  await client.apply(secrets, tlsSecret(pool, name, value, value.certificate), {}, signal);
  return { value, made: true };
}

async function ensureServer(
  client: KubeClient,
  pool: PoolResource,
  authority: KeyedCertificate,
  now: number,
  signal: AbortSignal,
) {
  const key = poolKey(pool);
  const name = poolNames(key).tlsSecret;
  const hosts = poolHosts(pool);
  const found = await client.find(secrets, { namespace: key.namespace, name }, signal);
  const pair = pairOf(found);
  const renewAt = pair === undefined ? now : serverRenewal(pair, authority, hosts, now);
  const complete = textOf(found, 'ca.crt') === authority.certificate;
  if (pair !== undefined && complete && renewAt > now) return { renewAt, made: false };
  const server = await newServer(authority, hosts, now);
  await client.apply(secrets, tlsSecret(pool, name, server, authority.certificate), {}, signal);
  return { renewAt: serverRenewal(server, authority, hosts, now), made: true };
}

/** Every name by which somebody in the cluster, or behind a forwarded port, may address the pool. */
function poolHosts(pool: PoolResource): readonly [string, ...string[]] {
  const key = poolKey(pool);
  const { service, host } = poolNames(key);
  return [host, service, `${service}.${key.namespace}`, `${host}.cluster.local`, 'localhost'];
}

function tlsSecret(pool: PoolResource, name: string, pair: KeyedCertificate, ca: string) {
  const data = { 'tls.crt': pair.certificate, 'tls.key': pair.key, 'ca.crt': ca };
  const encoded = Object.entries(data).map(([file, text]) => [file, Buffer.from(text).toString('base64')]);
  return {
    metadata: ownedByPool(pool, name),
    type: 'kubernetes.io/tls',
    data: Object.fromEntries(encoded) as Record<string, string>,
  };
}
