import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client.ts';
import { configMaps, type Secret, secrets } from '#kube/resource.ts';
import { ownedByPool, poolKey, poolNames } from '../cluster/names.ts';
import type { PoolResource } from '../cluster/resources.ts';
import { isAuthorityUsable, newAuthority, newServer, serverRenewal } from './certificate-policy.ts';
import type { KeyedCertificate } from './sign-certificate.ts';

/** What happened to a pool's certificates. */
export interface Certificates {
  /** Epoch milliseconds at which the serving certificate is to be replaced. */
  readonly renewAt: number;
  readonly authorityMade: boolean;
  readonly serverMade: boolean;
}

/**
 * The pool's own authority and the certificate that it serves with, made or replaced when that is due, and what
 * pilots need to verify it. Keys are in Secrets that no informer copies; they are read by name, one by one.
 */
export async function ensureCertificates(
  { client, clock }: { readonly client: KubeClient; readonly clock: Clock },
  pool: PoolResource,
  signal: AbortSignal,
): Promise<Certificates> {
  const now = clock.wall();
  const names = poolNames(poolKey(pool));
  const authority = await ensureAuthority(client, pool, now, signal);
  const ca = authority.value.certificate;
  await client.apply(
    configMaps,
    { metadata: ownedByPool(pool, names.authorityMap), data: { 'ca.crt': ca } },
    {},
    signal,
  );
  const server = await ensureServer(client, pool, authority.value, now, signal);
  return { renewAt: server.renewAt, authorityMade: authority.made, serverMade: server.made };
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

function pairOf(secret: Secret | undefined): KeyedCertificate | undefined {
  const certificate = textOf(secret, 'tls.crt');
  const key = textOf(secret, 'tls.key');
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

function textOf(secret: Secret | undefined, file: string): string | undefined {
  const value = secret?.data?.[file];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}
