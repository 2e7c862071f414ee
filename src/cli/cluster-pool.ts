import { systemClock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { PoolClient } from '#client/pool-client.ts';

/** `NAMESPACE/NAME` of a GlideinPool. */
const poolName = /^([a-z0-9][-a-z0-9]*)\/([a-z0-9][-a-z0-9]*)$/;

export const isClusterPool = (text: string): boolean => poolName.test(text);

interface ClusterPoolOptions {
  /** `NAMESPACE/NAME`. */
  readonly pool: string;
  /** The service account in whose name is asked; Kubernetes says who may have its tokens. */
  readonly account: string;
  readonly context: string | undefined;
}

/** How long the token of one command is good, in seconds: the least that Kubernetes gives. */
const tokenLife = 600;

/**
 * A client of a pool in a cluster, through the user's kubeconfig: a forwarded port, and a token of a service account of
 * the pool's namespace, so that Kubernetes' own rights say who may submit as whom.
 * @throws GlideinError NotFound when there is no such pool, or what Kubernetes answers
 */
export async function clusterPool({ pool, account, context }: ClusterPoolOptions): Promise<PoolClient> {
  const [, namespace = '', name = ''] = poolName.exec(pool) ?? [];
  const { kubeconfig } = await import('#kube/kubeconfig.ts');
  const { KubeClient } = await import('#kube/client.ts');
  const { Transport } = await import('#kube/transport.ts');
  const { configMaps } = await import('#kube/resource.ts');
  const { forwardPort } = await import('#kube/port-forward.ts');
  const clock = systemClock;
  const config = await kubeconfig({ clock, ...(context === undefined ? {} : { context }) });
  const client = new KubeClient(new Transport({ config, clock, random: Math.random }), {
    fieldManager: 'glidein',
  });
  const authority = await client.find(configMaps, { namespace, name: `${name}-pool-ca` });
  const ca = authority?.data?.['ca.crt'];
  if (ca === undefined) {
    throw new GlideinError('NotFound', `there is no running pool ${name} in the namespace ${namespace}`, {
      cure: '`kubectl get gpool -A` lists them',
    });
  }
  const { token } = await client.createToken(
    { namespace, name: account },
    { audiences: [`glidein.dev/pool/${namespace}/${name}`], expirationSeconds: tokenLife },
  );
  const forwarded = await forwardPort(
    { pod: { namespace, name: `${name}-pool-0` }, port: 9618 },
    { context },
  );
  return new PoolClient({ url: `https://localhost:${forwarded.port}`, token: () => token, ca });
}
