import * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { announcement, announcementAnswer, bid, demandAnswer } from '#wire/bid.ts';
import { pilotDrain, pilotGone, pilotGoneAnswer, pilotsAnswer } from '#wire/pilots.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { requireSite } from '../auth/access.ts';
import type { Identity } from '../auth/tokens.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Pilots } from '../negotiator/pilots.ts';
import type { Ledger } from '../queue/ledger.ts';
import { type Admitting, siteOf } from '../registry/admission.ts';
import type { Bidders } from '../registry/bidders.ts';
import type { Bids } from '../registry/bids.ts';
import type { ChangeSignal } from '../registry/change-signal.ts';
import { type DemandOptions, demandFor } from '../registry/demand.ts';
import { ToldDemand } from '../registry/told-demand.ts';
import type { Volume } from '../spool/volume.ts';
import { pilotsPage } from './pilot-list.ts';
import { readerGone } from './request.ts';
import type { Door, Routes } from './route.ts';
import { streamed } from './streamed.ts';
import type { Turns } from './turns.ts';

/** The parts of the pool that these routes need. */
export type PilotPool = Admitting &
  DemandOptions & {
    readonly bids: Bids;
    readonly bidders: Bidders;
    readonly pilots: Pick<Pilots, 'lose' | 'changed'>;
    readonly audit: Pick<AuditTrail, 'doer' | 'record'>;
    readonly demandChange: ChangeSignal;
    readonly ledger: Pick<Ledger, 'settled'>;
    readonly volume: Pick<Volume, 'orFull'>;
  };

/** The largest bid, in bytes: 20,000 announced pilots and the templates of 1,000 groups. */
const maxBidBytes = 32 * 2 ** 20;

const siteName = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, 'write letters, digits, ".", "_" and "-"');

const siteParams = z.object({ site: siteName });
const uidParams = z.object({ uid: z.string().min(1).max(128) });

/** A route with which a site's operator speaks for the site or its pilots. */
const forOperators = (summary: string, answer: Door['answer'], errors: Door['errors'] = []) => ({
  door: { summary, answer, errors, roles: ['operator'] as const },
});

/** @throws GlideinError Forbidden for a pilot of another site, NotFound if it is not registered */
function registered(
  pool: PilotPool,
  { identity, params: { uid } }: { readonly identity: Identity; readonly params: { readonly uid: string } },
): Pilot {
  requireSite(identity, siteOf(pool, uid));
  const pilot = pool.collector.get(uid);
  if (pilot === undefined) throw new GlideinError('NotFound', `no pilot ${uid} is registered`);
  return pilot;
}

/** As the audit names it. */
const pilotName = ({ facts: { name, site, uid } }: Pilot): string => `${name}@${site} (${uid})`;

/** Routes for the bids and announcements of sites, and for lists of pilots. */
export function pilotRoutes(
  app: Routes,
  pool: PilotPool,
  { turns, ending }: { readonly turns: Turns; readonly ending: AbortSignal },
): void {
  const told = new ToldDemand(pool.clock);
  app.post(
    '/v1/bidders/:site',
    {
      bodyLimit: maxBidBytes,
      schema: { params: siteParams, body: bid },
      config: {
        ...forOperators('A site’s bid; answered with the demand, once it has changed', demandAnswer),
        waits: true,
      },
    },
    async (request, reply) => {
      const { site } = request.params;
      requireSite(request.identity, site);
      const offer = request.body;
      pool.bids.take(site, offer);
      const gone = readerGone(reply, ending);
      await pool.demandChange.wait(offer.since, offer.waitSeconds * 1000, gone);
      await pool.apportioning.turn(gone);
      // The bidder is still connected, so its lease starts now.
      if (!gone.aborted) pool.bidders.renew(site, offer);
      return told.tell(site, offer.base, demandFor(pool, site, offer, pool.demandChange.version));
    },
  );

  app.post(
    '/v1/bidders/:site/pilots',
    {
      bodyLimit: maxBidBytes,
      schema: { params: siteParams, body: announcement },
      config: forOperators('Which pilots a site has started', announcementAnswer),
    },
    (request) => {
      const { site } = request.params;
      requireSite(request.identity, site);
      const said = request.body;
      const taken = pool.bidders.announce(site, said);
      // A poll may be waiting because demand was unknown without this list.
      if (taken && said.complete) pool.demandChange.changed();
      return { taken };
    },
  );

  const list = {
    summary: 'The registered pilots, and what sites last decided',
    roles: ['submitter', 'operator'] as const,
    answer: pilotsAnswer,
  };
  app.get('/v1/pilots', { config: { door: list } }, async (request, reply) => {
    const parts = pilotsPage(pool, () => turns.next(request.identity.subject));
    const content = await streamed(parts, () => pool.volume.orFull(pool.ledger.settled()));
    return reply.type('application/json').send(content);
  });

  const gone = {
    schema: { params: uidParams, body: pilotGone },
    config: forOperators('Proof that the processes of a pilot are dead', pilotGoneAnswer),
  };
  app.post('/v1/pilots/:uid/gone', gone, async (request) => {
    requireSite(request.identity, siteOf(pool, request.params.uid));
    const { reason } = request.body;
    return { requeued: await pool.pilots.lose(request.params.uid, reason) };
  });

  const drain = {
    schema: { params: uidParams, body: pilotDrain },
    config: {
      ...forOperators('Asks a pilot to leave when nothing runs', 'nothing', ['NotFound']),
      act: 'drain' as const,
    },
  };
  app.post('/v1/pilots/:uid/drain', drain, async (request, reply) => {
    const { reason } = request.body;
    const object = pilotName(registered(pool, request));
    await pool.audit.record(pool.audit.doer(request.raw, request.identity), 'drain', { object, reason });
    // It may have gone meanwhile.
    registered(pool, request).orderDrain(reason, pool.clock.monotonic());
    pool.pilots.changed();
    return reply.code(204).send();
  });

  const resume = {
    schema: { params: uidParams },
    config: {
      ...forOperators(
        'Takes a pilot back that was asked to leave; it may have reasons of its own',
        'nothing',
        ['NotFound', 'Conflict'],
      ),
      act: 'resume' as const,
    },
  };
  app.delete('/v1/pilots/:uid/drain', resume, async (request, reply) => {
    const pilot = registered(pool, request);
    if (pilot.draining && !pilot.resumes)
      throw new GlideinError(
        'Conflict',
        `the pilot ${pilot.facts.name} is of a version that cannot be taken back`,
      );
    if (pilot.draining) {
      const object = pilotName(pilot);
      await pool.audit.record(pool.audit.doer(request.raw, request.identity), 'resume', { object });
      registered(pool, request).orderResume();
    }
    return reply.code(204).send();
  });
}
