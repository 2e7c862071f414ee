import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';

/** Where an API server is, and how to connect to it. */
export interface ClusterConfig {
  /** `https://HOST:PORT`, perhaps with a path, without a slash at the end. */
  readonly server: string;
  /** PEM of the certificate authorities. Default: the system's own. */
  readonly ca?: string;
  /** PEM of a client certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
  /** The name in the server's certificate, if it is not the host of `server`. */
  readonly serverName?: string;
  readonly skipVerify?: boolean;
  /** The user to act as (`Impersonate-User`). */
  readonly impersonate?: string;
  /** The current bearer token. Called before every request, because it may change. */
  token(): Promise<string | undefined>;
  /** The namespace of this pod or of the kubeconfig's context. */
  readonly namespace: string;
}

/** The folder that the kubelet mounts into pods. */
const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Milliseconds that a token is used before it is read again. That is never too late: the kubelet writes a new token when
 * the old one still has a fifth of its life.
 */
const tokenLifeMs = 10_000;

/**
 * The configuration of a process in a pod: the address from the environment; token, CA and namespace from mounted files.
 * @throws GlideinError Unavailable when this is not a pod with a service account token
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
    throw new GlideinError(
      'Unavailable',
      'KUBERNETES_SERVICE_HOST is not set: this process does not run in a pod',
      {
        cure: 'name a kubeconfig file, or run in a pod',
      },
    );
  }
  const read = (name: string) => readMounted(folder, name);
  // One after the other: whoever has no service account is always told of the same file.
  const ca = await read('ca.crt');
  const namespace = await read('namespace');
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
    throw new GlideinError('Unavailable', `cannot read ${name} of the mounted service account`, {
      cure: 'give the pod a service account, and set automountServiceAccountToken: true',
      cause: error,
    });
  }
}

/** Asks for a value at most every ten seconds. Callers at the same time share one answer. */
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
