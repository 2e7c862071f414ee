import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';

/** Where an API server is and how to speak to it. */
export interface ClusterConfig {
  /** `https://HOST:PORT`, perhaps with a path, no slash at the end. */
  readonly server: string;
  /** PEM of the certificate authorities; without it the system's own. */
  readonly ca?: string;
  /** PEM of a client certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
  /** The name in the server's certificate where it is not the host of `server`. */
  readonly serverName?: string;
  readonly skipVerify?: boolean;
  /** The user to act as (`Impersonate-User`). */
  readonly impersonate?: string;
  /** The bearer token that holds now; asked for before every request, so it may change. */
  token(): Promise<string | undefined>;
  /** The namespace of this pod or of the kubeconfig's context. */
  readonly namespace: string;
}

/** The folder that the kubelet mounts into pods. */
const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * How long a token is used before it is read again. The kubelet writes a new one when a fifth of its life is left,
 * so this is never too late.
 */
const tokenLifeMs = 10_000;

/**
 * The configuration of a process in a pod: address by the environment, token, CA and namespace by mounted files.
 * @throws GlideinError Unavailable where this is no pod with a service account token.
 */
export async function inClusterConfig(options: {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder?: string;
}): Promise<ClusterConfig> {
  const folder = options.folder ?? serviceAccountFolder;
  const host = options.environment.KUBERNETES_SERVICE_HOST;
  const port = options.environment.KUBERNETES_SERVICE_PORT ?? '443';
  if (host === undefined) {
    throw new GlideinError('Unavailable', 'There is no KUBERNETES_SERVICE_HOST: this process is in no pod', {
      cure: 'name a kubeconfig file, or run in a pod',
    });
  }
  const read = (name: string) => readMounted(folder, name);
  const [ca, namespace] = await Promise.all([read('ca.crt'), read('namespace')]);
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca,
    token: remembered(options.clock, () => read('token')),
    namespace: namespace.trim(),
  };
}

async function readMounted(folder: string, name: string): Promise<string> {
  try {
    return (await readFile(join(folder, name), 'utf8')).trim();
  } catch (error) {
    throw new GlideinError('Unavailable', `The mounted service account has no readable ${name}`, {
      cure: 'set automountServiceAccountToken: true and a service account for the pod',
      cause: error,
    });
  }
}

/** Asks for a value at most every ten seconds; several that ask at once wait for one answer. */
export function remembered<T>(clock: Clock, ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly value: Promise<T> } | undefined;
  return () => {
    if (last === undefined || clock.monotonic() - last.at > tokenLifeMs) {
      const value = ask();
      const mine = { at: clock.monotonic(), value };
      last = mine;
      // A failure is not remembered: the next request tries again.
      value.catch(() => {
        if (last === mine) last = undefined;
      });
    }
    return last.value;
  };
}
