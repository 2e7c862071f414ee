import { createHash } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import type { ReconcileContext } from '#controller/controller.ts';
import { nameOf } from '#kube/object.ts';
import type { ImageSetStatus } from '#spec/image-set-status.ts';
import type { Informers } from '../cluster/informers.ts';
import type { ImageSetResource } from '../cluster/resources.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import type { PoolAccess } from '../pool/pool-access.ts';
import type { PublisherAddress, PublisherClient } from './publisher-client.ts';

/** How often, at least, publishers are told which images are in use, and for how long that holds; milliseconds. */
const renewEveryMs = 60_000;
const leaseMs = 3_600_000;

/** How long a pool may take to answer, milliseconds. */
const answerMs = 10_000;

/** The most images that a lease may name. More of them are told as several holders. */
const mostDigests = 10_000;

/** No site has a name with two dots in a row, so this is no other site. */
const holderOf = (site: string, part: number): string => (part === 0 ? site : `${site}..${part + 1}`);

interface LeaseServices {
  readonly informers: Pick<Informers, 'pools'>;
  readonly poolAccess: Pick<PoolAccess, 'open'>;
  readonly publishers: Pick<PublisherClient, 'lease'>;
  readonly settings: Pick<SiteSettings, 'site'>;
  readonly clock: Clock;
}

/**
 * Tells publishers which images the pilots of their namespace have at hand, so that none is removed under a payload. A claim can
 * only be mounted in its own namespace, and so can what pools there know be all that counts. While a pool does not answer,
 * nothing is told: what was told before holds for an hour, and then the grace of the set begins.
 */
export class ImageLeases {
  readonly #services: LeaseServices;
  /** When a set's publisher was told (monotonic milliseconds), and what was live then, by the name of the set. */
  readonly #told = new Map<string, { readonly at: number; readonly live: string }>();

  constructor(services: LeaseServices) {
    this.#services = services;
  }

  /**
   * Tells the publisher of a set, if a minute has passed or another image is live: a name that has moved leaves an image behind
   * that may be in use.
   */
  async renew(
    set: ImageSetResource,
    { address, answer }: { readonly address: PublisherAddress; readonly answer: ImageSetStatus },
    { signal, logger }: ReconcileContext,
  ): Promise<void> {
    const { clock, publishers, settings } = this.#services;
    const name = nameOf(set.metadata);
    const now = clock.monotonic();
    const live = liveIn(answer);
    const told = this.#told.get(name);
    if (told !== undefined && told.live === live && now - told.at < renewEveryMs) return;
    this.#told.set(name, { at: now, live });
    try {
      const digests = await this.#inUse(set.metadata.namespace, signal);
      const until = new Date(clock.wall() + leaseMs).toISOString();
      // A lease that is not renewed, because there are fewer images now, ends by itself.
      for (let part = 0; part === 0 || part * mostDigests < digests.length; part += 1) {
        const some = digests.slice(part * mostDigests, (part + 1) * mostDigests);
        await publishers.lease(address, holderOf(settings.site, part), { digests: some, until }, signal);
      }
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ set: name, err: error }, 'the publisher was not told which images are in use');
    }
  }

  /** The set is gone. */
  forget(name: string): void {
    this.#told.delete(name);
  }

  /** @throws what any pool's failure throws: half of the truth would let images be removed */
  async #inUse(namespace: string | undefined, signal: AbortSignal): Promise<string[]> {
    const { informers, poolAccess } = this.#services;
    const within = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    const here = [...informers.pools.store.all()].filter(({ metadata }) => metadata.namespace === namespace);
    const answers = await Promise.all(
      here.map(async (pool) => (await poolAccess.open(pool, within)).imagesAtHand(within)),
    );
    return [...new Set(answers.flat())].sort();
  }
}

const liveIn = ({ images }: ImageSetStatus): string =>
  createHash('sha256')
    .update(images.map(({ digest }) => digest ?? '').join())
    .digest('hex');
