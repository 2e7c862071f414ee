import type { Cluster, KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { type ClusterConfig, remembered } from './cluster-config.ts';

/**
 * The configuration in a kubeconfig: the given file, or that of `KUBECONFIG` or `~/.kube/config`. The client library reads
 * certificates, tokens, token files, exec plug-ins and OIDC.
 *
 * **Gotchas.** The library costs half a second and 90 MB, so it must be loaded only where and when it is used.
 * @throws GlideinError InvalidArgument when the file or the context cannot be used
 */
export async function kubeconfig(options: {
  readonly clock: Clock;
  readonly file?: string;
  readonly context?: string;
}): Promise<ClusterConfig> {
  const library = await import('@kubernetes/client-node');
  const config = new library.KubeConfig();
  const cluster = load(config, options);
  const tls = await tlsOf(config);
  const user = config.getCurrentUser();
  return {
    server: cluster.server.replace(/\/+$/, ''),
    ...tls,
    ...(cluster.tlsServerName === undefined ? {} : { serverName: cluster.tlsServerName }),
    ...(cluster.skipTLSVerify ? { skipVerify: true } : {}),
    ...(user?.impersonateUser == null ? {} : { impersonate: user.impersonateUser }),
    token: remembered(options.clock, () => tokenOf(config)),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
  };
}

/** What the library makes up if it finds no kubeconfig at all. */
const serverOfNone = 'http://localhost:8080';

function load(config: KubeConfig, options: { readonly file?: string; readonly context?: string }): Cluster {
  const where = options.file ?? 'the default kubeconfig';
  try {
    if (options.file === undefined) config.loadFromDefault();
    else config.loadFromFile(options.file);
  } catch (error) {
    throw new GlideinError('InvalidArgument', `cannot read ${where} as a kubeconfig`, {
      cure: 'name a file that kubectl can read',
      cause: error,
    });
  }
  if (options.context !== undefined) config.setCurrentContext(options.context);
  const cluster = config.getCurrentCluster();
  if (options.file === undefined && cluster?.server === serverOfNone) {
    throw new GlideinError('InvalidArgument', 'there is no kubeconfig, so there is no cluster to ask', {
      cure: 'write one to ~/.kube/config, or name it in KUBECONFIG',
    });
  }
  if (cluster !== null) return cluster;
  const contexts = config.getContexts().map((context) => context.name);
  throw new GlideinError(
    'InvalidArgument',
    `${where} has no cluster for the context "${config.getCurrentContext()}"`,
    {
      cure: `choose one of its contexts: ${contexts.join(', ') || 'there are none'}`,
    },
  );
}

interface HttpsOptions {
  readonly ca?: unknown;
  readonly cert?: unknown;
  readonly key?: unknown;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** The library's options for an HTTPS request. It may run an exec plug-in to make them. */
async function httpsOptions(config: KubeConfig): Promise<HttpsOptions> {
  const found: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = {};
  await config.applyToHTTPSOptions(found);
  return found as HttpsOptions;
}

async function tlsOf(config: KubeConfig): Promise<Pick<ClusterConfig, 'ca' | 'cert' | 'key'>> {
  const found = await httpsOptions(config);
  const parts = (['ca', 'cert', 'key'] as const).flatMap((part) => {
    const value = found[part];
    if (typeof value === 'string') return [[part, value]];
    return Buffer.isBuffer(value) ? [[part, value.toString('utf8')]] : [];
  });
  return Object.fromEntries(parts) as Pick<ClusterConfig, 'ca' | 'cert' | 'key'>;
}

async function tokenOf(config: KubeConfig): Promise<string | undefined> {
  const { headers } = await httpsOptions(config);
  const authorization = headers?.Authorization;
  return typeof authorization === 'string' ? authorization.replace(/^Bearer\s+/, '').trim() : undefined;
}
