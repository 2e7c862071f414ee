import * as z from 'zod';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { KubeClient } from '#kube/client.ts';

/** How the tokens of this cluster's service accounts are verified. */
export interface IssuerKeys {
  /** Their `iss`. */
  readonly issuer: string;
  /** The JSON Web Key Set that they are verified with. */
  readonly jwks: string;
}

const discovery = z.object({ issuer: z.string().min(1) });
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

/** How long keys are believed, milliseconds: they rotate in days, and a new one is published before it signs. */
const lifeMs = 300_000;

/**
 * The API server's issuer and keys, fetched every five minutes. Every service account may read them (the cluster role
 * system:service-account-issuer-discovery), so the operator needs no extra rights.
 */
export class ClusterKeys {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  #last: { readonly at: number; readonly keys: IssuerKeys } | undefined;

  constructor(options: { readonly client: KubeClient; readonly clock: Clock }) {
    this.#client = options.client;
    this.#clock = options.clock;
  }

  async get(signal: AbortSignal): Promise<IssuerKeys> {
    const now = this.#clock.monotonic();
    if (this.#last !== undefined && now - this.#last.at < lifeMs) return this.#last.keys;
    const ask = (path: string) => this.#client.raw({ method: 'GET', path, signal });
    const [about, keys] = await Promise.all([
      ask('/.well-known/openid-configuration').then((answer) => discovery.safeParse(answer)),
      ask('/openid/v1/jwks').then((answer) => keySet.safeParse(answer)),
    ]);
    if (!about.success || !keys.success) {
      throw new GlideinError('Unsupported', 'the API server does not publish how its tokens are verified', {
        cure: 'enable its ServiceAccountIssuerDiscovery: --service-account-issuer must be a URL',
      });
    }
    const found = { issuer: about.data.issuer, jwks: JSON.stringify(keys.data) };
    this.#last = { at: now, keys: found };
    return found;
  }
}
