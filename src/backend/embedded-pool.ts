import { isCode } from '#base/error.ts';
import { ClassAd } from '#classad/class-ad.ts';
import type { PoolAddress } from '#client/pool-address.ts';
import { PoolClient } from '#client/pool-client.ts';
import { slotPages } from '#client/slot-pages.ts';
import { type AdTexts, readInto } from '#wire/ad-texts.ts';
import {
  announcementAnswer,
  demandAnswer,
  type DemandAnswer as WireAnswer,
  type Bid as WireBid,
} from '#wire/bid.ts';
import { wholeOf } from '#wire/demand-difference.ts';
import { pilotGoneAnswer } from '#wire/pilots.ts';
import { AnnouncedInBids } from './announced-in-bids.ts';
import type { Announcement, Bid, DemandAnswer, Pool } from './pool.ts';
import { type PoolCounts, poolCounts } from './pool-counts.ts';

/** The attribute in which a slot says which published images its pilot has at hand. */
const atHand = 'ImageDigests';

/** The embedded pool, here or at another site, over HTTP. */
export class EmbeddedPool implements Pool {
  readonly #client: PoolClient;
  readonly #site: string;
  /** Present while the pool is older than the endpoint for announcements. */
  #inBids: AnnouncedInBids | undefined;
  /** The last answer, to which the next one may be a difference. */
  #last: WireAnswer | undefined;
  readonly #ads = new WeakMap<AdTexts, ClassAd>();
  /** The newest bid, which an older pool hears again with each announcement. */
  #bid: WireBid = { groups: [], waitSeconds: 0 };

  constructor(address: PoolAddress, site: string) {
    this.#client = new PoolClient(address);
    this.#site = encodeURIComponent(site);
  }

  async demand(bid: Bid, signal?: AbortSignal): Promise<DemandAnswer> {
    this.#bid = bidOf(bid);
    const base = this.#last;
    // An answer that gets lost, or that cannot be read, is no base: the next question asks for everything.
    this.#last = undefined;
    const sent = await this.#askAnyVersion({ ...this.#bid, base: base?.ask }, signal);
    const answer = wholeOf(sent, base);
    this.#last = answer.ask === undefined ? undefined : answer;
    // A pool that repeats the question has the endpoint, and is to be told there.
    if (answer.ask !== undefined) this.#inBids = undefined;
    const { version, known, reason, time, ask, session, autoclusters, limited, pilots, missing } = answer;
    return {
      version,
      known,
      reason,
      time,
      ask,
      session: session ?? this.#inBids?.session,
      missing,
      limited,
      autoclusters: autoclusters.map(({ id, count, oldestSeconds, shares, ad }) => ({
        id,
        count,
        oldestSeconds,
        shares,
        ad: this.#readable(ad),
      })),
      pilots: pilots.map(({ free, ...pilot }) => ({ ...pilot, free: this.#readable(free) })),
    };
  }

  /**
   * An ad without the attributes that cannot be read: one job, or one slot, must not make the whole answer unreadable. What has
   * not changed since the last answer is not parsed again.
   */
  #readable(texts: AdTexts): ClassAd {
    const known = this.#ads.get(texts);
    if (known !== undefined) return known;
    const ad = new ClassAd();
    readInto(ad, texts);
    this.#ads.set(texts, ad);
    return ad;
  }

  async announce(announcement: Announcement, signal?: AbortSignal): Promise<boolean> {
    if (this.#inBids === undefined) {
      const taken = await this.#tell(announcement, signal);
      if (taken !== undefined) return taken;
    }
    this.#inBids ??= new AnnouncedInBids();
    if (!this.#inBids.take(announcement)) return false;
    const { since: _, ...bid } = this.#bid;
    await this.#ask({ ...bid, waitSeconds: 0 }, signal);
    return true;
  }

  /** An older pool refuses a bid without the list of pilots, and would for ever: that is how it is known. */
  async #askAnyVersion(bid: WireBid, signal: AbortSignal | undefined): Promise<WireAnswer> {
    const wasKnown = this.#inBids !== undefined;
    try {
      return await this.#ask(bid, signal);
    } catch (error) {
      if (wasKnown || !isCode(error, 'InvalidArgument')) throw error;
      const nothing = { session: 'none', complete: false, pilots: [], ended: [] };
      if ((await this.#tell(nothing, signal)) !== undefined) throw error;
      this.#inBids ??= new AnnouncedInBids();
      return await this.#ask(bid, signal);
    }
  }

  #ask(bid: WireBid, signal: AbortSignal | undefined): Promise<WireAnswer> {
    const inBids = this.#inBids;
    return this.#client.json(`/v1/bidders/${this.#site}`, demandAnswer, {
      method: 'POST',
      json: inBids === undefined ? bid : { ...bid, pilots: inBids.pilots },
      signal,
    });
  }

  /** @returns whether it was taken; undefined when the pool has no endpoint for announcements */
  async #tell(announcement: Announcement, signal: AbortSignal | undefined): Promise<boolean | undefined> {
    const { taken } = await this.#client
      .json(`/v1/bidders/${this.#site}/pilots`, announcementAnswer, {
        method: 'POST',
        json: announcement,
        signal,
      })
      .catch((error: unknown) => {
        if (isCode(error, 'NotFound')) return { taken: undefined };
        throw error;
      });
    return taken;
  }

  async gone(uid: string, reason: string, signal?: AbortSignal): Promise<void> {
    await this.#client.json(`/v1/pilots/${encodeURIComponent(uid)}/gone`, pilotGoneAnswer, {
      method: 'POST',
      json: { reason },
      signal,
    });
  }

  async drain(uid: string, reason: string, signal?: AbortSignal): Promise<void> {
    const answer = await this.#client.raw(`/v1/pilots/${encodeURIComponent(uid)}/drain`, {
      method: 'POST',
      json: { reason },
      signal,
    });
    await answer.body.dump();
  }

  /** How many jobs and slots it holds. */
  async counts(signal?: AbortSignal): Promise<PoolCounts> {
    const answer = await this.#client.raw('/metrics', { signal });
    return poolCounts(await answer.body.text());
  }

  /** The digests of the images that pilots have at hand, as their slots advertise them. */
  async imagesAtHand(signal: AbortSignal): Promise<readonly string[]> {
    const digests = new Set<string>();
    // Dynamic slots repeat what their partitionable slot says.
    const wish = { constraint: `PartitionableSlot && ${atHand} =!= undefined`, projection: [atHand] };
    for await (const { slots } of slotPages(this.#client, { ...wish, signal }))
      for (const texts of slots)
        for (const [digest] of Object.values(texts)
          .join(' ')
          .matchAll(/sha256:[0-9a-f]{64}/g))
          digests.add(digest);
    return [...digests];
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

function bidOf({ groups, reads, ask, since, waitSeconds }: Bid): WireBid {
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
