import type { FastifyInstance } from 'fastify';
import { GlideinError } from '#base/error.ts';
import { bid } from '#wire/bid.ts';
import { type PilotsAnswer, pilotDrain, pilotGone } from '#wire/pilots.ts';
import { requireRole } from '../auth/access.ts';
import type { Core } from '../core.ts';
import { demandFor, supply } from '../registry/demand.ts';
import { parseBody } from './parse-body.ts';

interface Uid {
  Params: { uid: string };
}

/** What bidders say and ask, and what people see of pilots. */
export function pilotRoutes(app: FastifyInstance, core: Core): void {
  app.post<{ Params: { site: string } }>('/v1/bidders/:site', async (request) => {
    requireRole(request.identity, 'operator');
    const { site } = request.params;
    const offer = parseBody(bid, request.body);
    core.takeBid(site, offer);
    const gone = new AbortController();
    request.raw.socket.once('close', () => gone.abort());
    await core.demandChange.wait(offer.since, offer.waitSeconds * 1000, gone.signal);
    // The bidder still holds the line, so its lease runs from now.
    core.bidders.put(site, offer);
    return demandFor(core, site, offer, core.demandChange.version);
  });

  app.get('/v1/pilots', (): PilotsAnswer => {
    const now = core.clock.monotonic();
    return {
      pilots: [...core.collector.all()].map((pilot) => ({
        ...supply(pilot, now),
        slot: pilot.facts.slot.toTexts(),
        connected: pilot.connection !== undefined,
        registeredAt: core.clock.wall() - (now - pilot.registeredAt),
      })),
      bidders: core.bidders
        .current()
        .map(({ site, bid: { groups }, heardSecondsAgo }) => ({ site, groups, heardSecondsAgo })),
    };
  });

  app.post<Uid>('/v1/pilots/:uid/gone', async (request) => {
    requireRole(request.identity, 'operator');
    const { reason } = parseBody(pilotGone, request.body);
    return { requeued: await core.pilotGone(request.params.uid, reason) };
  });

  app.post<Uid>('/v1/pilots/:uid/drain', async (request, reply) => {
    requireRole(request.identity, 'operator');
    const { reason } = parseBody(pilotDrain, request.body);
    const pilot = core.collector.get(request.params.uid);
    if (pilot === undefined)
      throw new GlideinError('NotFound', `no pilot ${request.params.uid} is registered`);
    pilot.draining = true;
    pilot.connection?.send({ type: 'drain', reason });
    core.supplyChanged(pilot);
    return reply.code(204).send();
  });
}
