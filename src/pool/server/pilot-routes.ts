import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { announcement, bid } from '#wire/bid.ts';
import { type PilotsAnswer, pilotDrain, pilotGone } from '#wire/pilots.ts';
import { requireRole, requireSite } from '../auth/access.ts';
import type { Pilots } from '../negotiator/pilots.ts';
import { type Admitting, siteOf } from '../registry/admission.ts';
import type { Bidders } from '../registry/bidders.ts';
import type { Bids } from '../registry/bids.ts';
import type { ChangeSignal } from '../registry/change-signal.ts';
import { type DemandOptions, demandFor, supply } from '../registry/demand.ts';
import { parseBody, readerGone } from './request.ts';

/** The parts of the pool that these routes need. */
export type PilotPool = Admitting &
  DemandOptions & {
    readonly bids: Bids;
    readonly bidders: Bidders;
    readonly pilots: Pick<Pilots, 'lose' | 'changed'>;
    readonly demandChange: ChangeSignal;
  };

/** The largest bid, in bytes: 20,000 announced pilots and the templates of 1,000 groups. */
const maxBidBytes = 32 * 2 ** 20;

const siteName = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, 'write letters, digits, ".", "_" and "-"');

interface Uid {
  Params: { uid: string };
}

/** Routes for the bids and announcements of sites, and for lists of pilots. */
export function pilotRoutes(app: FastifyInstance, pool: PilotPool): void {
  app.post<{ Params: { site: string } }>(
    '/v1/bidders/:site',
    { bodyLimit: maxBidBytes },
    async (request, reply) => {
      requireRole(request.identity, 'operator');
      const site = parseBody(siteName, request.params.site);
      requireSite(request.identity, site);
      const offer = parseBody(bid, request.body);
      pool.bids.take(site, offer);
      const gone = readerGone(reply);
      await pool.demandChange.wait(offer.since, offer.waitSeconds * 1000, gone);
      // The bidder is still connected, so its lease starts now.
      if (!gone.aborted) pool.bidders.renew(site, offer);
      return demandFor(pool, site, offer, pool.demandChange.version);
    },
  );

  app.post<{ Params: { site: string } }>(
    '/v1/bidders/:site/pilots',
    { bodyLimit: maxBidBytes },
    (request) => {
      requireRole(request.identity, 'operator');
      const site = parseBody(siteName, request.params.site);
      requireSite(request.identity, site);
      const said = parseBody(announcement, request.body);
      const taken = pool.bidders.announce(site, said);
      // A poll may be waiting because demand was unknown without this list.
      if (taken && said.complete) pool.demandChange.changed();
      return { taken };
    },
  );

  app.get('/v1/pilots', (request): PilotsAnswer => {
    requireRole(request.identity, 'submitter', 'operator');
    const now = pool.clock.monotonic();
    return {
      pilots: [...pool.collector.all()].map((pilot) => ({
        ...supply(pilot, now),
        slot: pilot.facts.slot.toTexts(),
        registeredAt: pool.clock.wall() - (now - pilot.registeredAt),
      })),
      bidders: pool.bidders
        .current()
        .map(({ site, bid: { groups }, heardSecondsAgo }) => ({ site, groups, heardSecondsAgo })),
    };
  });

  app.post<Uid>('/v1/pilots/:uid/gone', async (request) => {
    requireRole(request.identity, 'operator');
    requireSite(request.identity, siteOf(pool, request.params.uid));
    const { reason } = parseBody(pilotGone, request.body);
    return { requeued: await pool.pilots.lose(request.params.uid, reason) };
  });

  app.post<Uid>('/v1/pilots/:uid/drain', async (request, reply) => {
    requireRole(request.identity, 'operator');
    requireSite(request.identity, siteOf(pool, request.params.uid));
    const { reason } = parseBody(pilotDrain, request.body);
    const pilot = pool.collector.get(request.params.uid);
    if (pilot === undefined)
      throw new GlideinError('NotFound', `no pilot ${request.params.uid} is registered`);
    pilot.drainReason = reason;
    pilot.connection?.send({ type: 'drain', reason });
    pool.pilots.changed();
    return reply.code(204).send();
  });
}
