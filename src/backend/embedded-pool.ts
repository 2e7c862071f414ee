import { z } from 'zod';
import type { PoolAddress } from '#client/pool-address.ts';
import { PoolClient } from '#client/pool-client.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import { announcementAnswer, type Bid, demandAnswer } from '#wire/bid.ts';
import type { Announcement, Offer, Pool, PoolDemand } from './pool.ts';
import { type PoolCounts, poolCounts } from './pool-counts.ts';

/** The embedded pool, here or at another site, over its HTTP door. */
export class EmbeddedPool implements Pool {
  readonly #client: PoolClient;
  readonly #site: string;

  constructor(address: PoolAddress, site: string) {
    this.#client = new PoolClient(address);
    this.#site = site;
  }

  async demand(offer: Offer, signal?: AbortSignal): Promise<PoolDemand> {
    const answer = await this.#client.json(`/v1/bidders/${this.#site}`, demandAnswer, {
      method: 'POST',
      json: bidOf(offer),
      signal,
    });
    const { version, known, reason, ask, session, autoclusters, pilots, missing } = answer;
    return {
      version,
      known,
      reason,
      ask,
      session,
      missing,
      waiting: autoclusters.map(({ id, count, oldestSeconds, ad }) => ({
        id,
        count,
        oldestSeconds,
        ad: adFromTexts(ad),
      })),
      pilots: pilots.map(({ free, ...pilot }) => ({ ...pilot, free: adFromTexts(free) })),
    };
  }

  async announce(announcement: Announcement, signal?: AbortSignal): Promise<boolean> {
    const { taken } = await this.#client.json(`/v1/bidders/${this.#site}/pilots`, announcementAnswer, {
      method: 'POST',
      json: announcement,
      signal,
    });
    return taken;
  }

  async gone(uid: string, reason: string): Promise<void> {
    await this.#client.json(`/v1/pilots/${uid}/gone`, z.object({ requeued: z.int() }), {
      method: 'POST',
      json: { reason },
    });
  }

  async drain(uid: string, reason: string): Promise<void> {
    const answer = await this.#client.raw(`/v1/pilots/${uid}/drain`, { method: 'POST', json: { reason } });
    await answer.body.dump();
  }

  /** How many jobs and slots it holds. */
  async counts(signal?: AbortSignal): Promise<PoolCounts> {
    const answer = await this.#client.raw('/metrics', { signal });
    return poolCounts(await answer.body.text());
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

function bidOf({ groups, ask, since, waitSeconds }: Offer): Bid {
  return {
    groups: groups.map(({ template, limits, phases, ...group }) => ({
      ...group,
      limits: [...limits],
      phases: { ...phases },
      template: template.toTexts(),
    })),
    ask,
    ...(since === undefined ? {} : { since }),
    waitSeconds,
  };
}
