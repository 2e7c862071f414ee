import { systemClock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { PoolClient } from '#client/pool-client.ts';
import type { KubeClient } from '#kube/client.ts';
import { poolCondition, readable } from './cluster-answers.ts';

/** `NAMESPACE/NAME` of a GlideinPool. */
const poolName = /^([a-z0-9][-a-z0-9]*)\/([a-z0-9][-a-z0-9]*)$/;

export const isClusterPool = (text: string): boolean => poolName.test(text);

interface ClusterPoolOptions {
  /** `NAMESPACE/NAME`. */
  readonly pool: string;
  /** The service account to act as; Kubernetes decides who may have its tokens. */
  readonly account: string;
  readonly context: string | undefined;
}

/** How long the token of one command is valid, in seconds: the shortest that Kubernetes issues. */
const tokenLife = 600;

/**
 * A client of a pool in a cluster, by way of the user's kubeconfig: it forwards a port and gets a token of a service
 * account in the pool's namespace, so that Kubernetes' own rights decide who may submit as whom.
 * @throws GlideinError NotFound when there is no such pool, Unavailable with the cluster's reason when it does not run
 *   yet, Forbidden with the Role that would help
 */
export async function clusterPool({ pool, account, context }: ClusterPoolOptions): Promise<PoolClient> {
  const [, namespace = '', name = ''] = poolName.exec(pool) ?? [];
  const { forwardPort } = await import('#kube/port-forward.ts');
  const client = await clientOf(context);
  const ca = await readable(authorityOf(client, namespace, name), { namespace, resource: 'configmaps' });
  if (ca === undefined) {
    throw (
      (await whyNotReady(client, namespace, name)) ??
      new GlideinError('NotFound', `there is no pool ${name} in the namespace ${namespace}`, {
        cure: '`kubectl get gpool -A` lists them',
      })
    );
  }
  const { token } = await readable(
    client.createToken(
      { namespace, name: account },
      { audiences: [`glidein.dev/pool/${namespace}/${name}`], expirationSeconds: tokenLife },
    ),
    { namespace, resource: 'serviceaccounts/token', name: account },
  );
  const forwarded = await forwardPort(
    { pod: { namespace, name: `${name}-pool-0` }, port: 9618 },
    { context },
  );
  return new PoolClient({
    url: `https://localhost:${forwarded.port}`,
    token: () => token,
    ca,
    whyAway: async () =>
      (await whyNotReady(client, namespace, name)) ??
      new GlideinError('Unavailable', `the pool ${namespace}/${name} cannot be reached through the cluster`, {
        cure: `you need the rights to get and create pods/portforward; \`kubectl -n ${namespace} get gpool ${name} -o wide\` shows what the operator knows of the pool`,
      }),
  });
}

/** @param context of the user's kubeconfig; the current one if undefined */
export async function clientOf(context: string | undefined): Promise<KubeClient> {
  const { kubeconfig } = await import('#kube/kubeconfig.ts');
  const { KubeClient } = await import('#kube/client.ts');
  const { Transport } = await import('#kube/transport.ts');
  const clock = systemClock;
  const config = await kubeconfig({ clock, ...(context === undefined ? {} : { context }) });
  return new KubeClient(new Transport({ config, clock, random: Math.random }), { fieldManager: 'glidein' });
}

async function authorityOf(client: KubeClient, namespace: string, name: string): Promise<string | undefined> {
  const { configMaps } = await import('#kube/resource.ts');
  const authority = await client.find(configMaps, { namespace, name: `${name}-pool-ca` });
  return authority?.data?.['ca.crt'];
}

/** Why a pool is not ready, as the cluster tells it; undefined when it is ready, unknown or not readable. */
async function whyNotReady(
  client: KubeClient,
  namespace: string,
  name: string,
): Promise<GlideinError | undefined> {
  const { glideinPools } = await import('#kube/resource.ts');
  const found = await client.find(glideinPools(), { namespace, name }).catch(() => undefined);
  return found === undefined ? undefined : poolCondition(`${namespace}/${name}`, found);
}
