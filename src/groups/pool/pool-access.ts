import { EmbeddedPool } from '#backend/embedded-pool.ts';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { KubeClient } from '#kube/client.ts';
import { nameOf } from '#kube/object.ts';
import { secrets } from '#kube/resource.ts';
import { poolKey, poolNames } from '../cluster/names.ts';
import type { PoolResource } from '../cluster/resources.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import { ServiceToken } from './service-token.ts';
import { tlsSecretOf } from './stateful-set.ts';

/** How long an authority that was read is assumed to be current, milliseconds. */
const authorityLifeMs = 60_000;

export interface PoolAccessOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly settings: Pick<SiteSettings, 'site' | 'account'>;
}

interface Opened {
  readonly pool: EmbeddedPool;
  readonly token: ServiceToken;
  readonly address: string;
  readonly uid: string | undefined;
  readonly ca: string;
  checkedAt: number;
}

/**
 * Connections from GlideinPools to their pools: the address from the status, the authority from the Secret, and the
 * operator's own token for the pool's audience. They are kept, and replaced when the address or the authority changes.
 */
export class PoolAccess {
  readonly #options: PoolAccessOptions;
  readonly #opened = new Map<string, Opened>();

  constructor(options: PoolAccessOptions) {
    this.#options = options;
  }

  /**
   * The pool. Do not close it, and do not keep it beyond one reconcile.
   * @throws GlideinError Unavailable while it has no address or no certificate, Unsupported for types other than Embedded
   */
  async open(pool: PoolResource, signal?: AbortSignal): Promise<EmbeddedPool> {
    const address = addressOf(pool);
    const name = nameOf(pool.metadata);
    const known = this.#opened.get(name);
    const same = known?.address === address && known.uid === pool.metadata.uid;
    if (known && same && this.#options.clock.monotonic() - known.checkedAt < authorityLifeMs) {
      return known.pool;
    }
    const ca = await this.#authority(pool, signal);
    return this.#keep(name, { address, ca, uid: pool.metadata.uid }, pool);
  }

  /** When the token for each pool ends, in epoch milliseconds, by `NAMESPACE/NAME`. */
  *tokenEnds(): Generator<readonly [pool: string, end: number]> {
    for (const [name, { token }] of this.#opened) if (token.endsAt !== undefined) yield [name, token.endsAt];
  }

  /** The GlideinPool `NAMESPACE/NAME` is gone. */
  async forget(name: string): Promise<void> {
    const known = this.#opened.get(name);
    this.#opened.delete(name);
    await known?.pool.close();
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#opened.keys()].map((name) => this.forget(name)));
  }

  #keep(name: string, facts: Pick<Opened, 'address' | 'ca' | 'uid'>, pool: PoolResource): EmbeddedPool {
    const { client, clock, settings } = this.#options;
    const checkedAt = clock.monotonic();
    const known = this.#opened.get(name);
    if (known?.address === facts.address && known.ca === facts.ca && known.uid === facts.uid) {
      known.checkedAt = checkedAt;
      return known.pool;
    }
    const { audience } = poolNames(poolKey(pool));
    const token = new ServiceToken({ client, clock, account: settings.account, audience });
    const opened = new EmbeddedPool(
      { url: facts.address, ca: facts.ca, token: () => token.get() },
      settings.site,
    );
    this.#opened.set(name, { ...facts, pool: opened, token, checkedAt });
    // Requests in flight are completed.
    known?.pool.close().catch(() => {});
    return opened;
  }

  async #authority(pool: PoolResource, signal: AbortSignal | undefined): Promise<string> {
    const key = poolKey(pool);
    const tlsSecret = tlsSecretOf(pool);
    const found = await this.#options.client.find(
      secrets,
      { namespace: key.namespace, name: tlsSecret },
      signal,
    );
    const ca = found?.data?.['ca.crt'];
    if (ca !== undefined) return Buffer.from(ca, 'base64').toString('utf8');
    throw new GlideinError('Unavailable', `the Secret ${key.namespace}/${tlsSecret} has no ca.crt yet`);
  }
}

function addressOf(pool: PoolResource): string {
  if (pool.spec.type !== 'Embedded') {
    throw new GlideinError(
      'Unsupported',
      `a GlideinPool of the type ${pool.spec.type} is not supported yet`,
      {
        cure: 'write type: Embedded',
      },
    );
  }
  if (pool.status?.address !== undefined) return pool.status.address;
  throw new GlideinError('Unavailable', `the GlideinPool ${nameOf(pool.metadata)} has no address yet`);
}
