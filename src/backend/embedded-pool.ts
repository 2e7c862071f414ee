import { z } from 'zod';
import { ClassAd } from '#classad/class-ad.ts';
import type { PoolAddress } from '#client/pool-address.ts';
import { PoolClient } from '#client/pool-client.ts';
import { type AdTexts, readInto } from '#wire/ad-texts.ts';
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
    const { version, known, reason, time, ask, session, autoclusters, pilots, missing } = answer;
    return {
      version,
      known,
      reason,
      time,
      ask,
      session,
      missing,
      waiting: autoclusters.map(({ id, count, oldestSeconds, ad }) => ({
        id,
        count,
        oldestSeconds,
        ad: readable(ad),
      })),
      pilots: pilots.map(({ free, ...pilot }) => ({ ...pilot, free: readable(free) })),
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

  async gone(uid: string, reason: string, signal?: AbortSignal): Promise<void> {
    await this.#client.json(`/v1/pilots/${uid}/gone`, z.object({ requeued: z.int() }), {
      method: 'POST',
      json: { reason },
      signal,
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

function bidOf({ groups, reads, ask, since, waitSeconds }: Offer): Bid {
  return {
    groups: groups.map(({ template, limits, phases, ...group }) => ({
      ...group,
      limits: [...limits],
      phases: { ...phases },
      template: template.toTexts(),
    })),
    reads: [...reads],
    ask,
    ...(since === undefined ? {} : { since }),
    waitSeconds,
  };
}

/** An ad without what cannot be read of it: one job, or one slot, must not make the whole answer unreadable. */
function readable(texts: AdTexts): ClassAd {
  const ad = new ClassAd();
  readInto(ad, texts);
  return ad;
}
