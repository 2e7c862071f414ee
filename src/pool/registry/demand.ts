import type { Clock } from '#base/clock.ts';
import type { Autocluster as AutoclusterView, Bid, DemandAnswer, PilotSupply } from '#wire/bid.ts';
import type { Accountant } from '../accounting/accountant.ts';
import type { Collector } from '../collector/collector.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Autoclusters } from '../negotiator/autoclusters.ts';
import type { ConcurrencyLimits } from '../negotiator/concurrency-limits.ts';
import type { Queue } from '../queue/queue.ts';
import { lastSiteOf } from './admission.ts';
import type { Announced } from './announcements.ts';
import type { Apportioning, SiteShares } from './apportioning.ts';
import type { Bidders } from './bidders.ts';
import { isOlder } from './offers.ts';
import { roomInLimits } from './room-in-limits.ts';
import { type SelectedAutocluster, selectAutoclusters } from './select-autoclusters.ts';

/** Milliseconds for which a starting pool waits for pilots that its bidders know, before it counts them as absent. */
const settleMilliseconds = 30_000;

export interface DemandOptions {
  readonly queue: Queue;
  readonly autoclusters: Autoclusters;
  readonly collector: Collector;
  readonly limits: Pick<ConcurrencyLimits, 'dealer'>;
  readonly accountant: Pick<Accountant, 'dealer'>;
  readonly bidders: Pick<Bidders, 'announcedBy'>;
  readonly apportioning: Pick<Apportioning, 'turn' | 'sharesFor' | 'templates'>;
  readonly clock: Clock;
  /** Monotonic milliseconds at which this pool began to serve. */
  readonly servingSince: number;
}

/** The demand as one site gets it: what waits, what is free, and whether the pool can tell at all. */
export function demandFor(options: DemandOptions, site: string, bid: Bid, version: number): DemandAnswer {
  const now = options.clock.monotonic();
  const announced = options.bidders.announcedBy(site);
  const reason = now - options.servingSince < settleMilliseconds ? unsettled(options, announced) : undefined;
  return {
    version,
    time: Math.floor(options.clock.wall() / 1000),
    known: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    ...(bid.ask === undefined ? {} : { ask: bid.ask }),
    ...(announced?.session === undefined ? {} : { session: announced.session }),
    ...waitingFor(options, site, bid, version),
    pilots: [...[...options.collector.all()].map((pilot) => supply(pilot, now)), ...notBack(options, now)],
    missing: announced === undefined ? [] : unaccounted(options, site, announced),
  };
}

/** Why a pool that has just started does not know its pilots yet; undefined once they are back. */
function unsettled({ collector }: DemandOptions, announced: Announced | undefined): string | undefined {
  if (announced === undefined) return 'the pool has just started, and your pilots are not announced yet';
  const absent = [...announced.pilots.values()].filter(
    ({ uid, registered }) => registered && !isConnected(collector.get(uid)),
  );
  if (absent.length === 0) return undefined;
  const pilots = absent.length === 1 ? '1 of your pilots' : `${absent.length} of your pilots`;
  return `the pool has just started and waits for ${pilots}`;
}

const isConnected = (pilot: Pilot | undefined): boolean => pilot?.connection !== undefined;

/** What waits, as the site is told of it. */
function waitingFor(
  options: DemandOptions,
  site: string,
  bid: Bid,
  version: number,
): Pick<DemandAnswer, 'autoclusters' | 'limited'> {
  const { autoclusters, apportioning } = options;
  const deal = roomInLimits({ ...options, templates: () => apportioning.templates() });
  const { told: waiting, limited } = selectAutoclusters(autoclusters.all(), deal);
  const shares = apportioning.sharesFor(site, version, waiting);
  const wall = options.clock.wall();
  const views = waiting.flatMap((told) => {
    const whole = view(told, wall);
    return shares === undefined ? [whole] : shared(whole, shares, bid);
  });
  return { autoclusters: views, limited };
}

/** An older site does not know of shares: it is told of its share as if that were all. */
function shared(whole: AutoclusterView, shares: SiteShares, bid: Bid): AutoclusterView[] {
  const own = Object.fromEntries([...shares].map(([policy, jobs]) => [policy, jobs.get(whole.id) ?? 0]));
  if (!isOlder(bid)) return [{ ...whole, shares: own }];
  const count = Object.values(own).reduce((sum, jobs) => sum + jobs, 0);
  return count === 0 ? [] : [{ ...whole, count }];
}

function view({ autocluster, count, ad }: SelectedAutocluster, wall: number): AutoclusterView {
  const oldest = autocluster.waiting.first;
  return {
    id: autocluster.id,
    count,
    running: autocluster.running.size,
    oldestSeconds: oldest === undefined ? 0 : Math.max(0, (wall - oldest.enteredAt) / 1000),
    ad,
  };
}

/** A pilot as bidders and people see it. */
export function supply(pilot: Pilot, now: number): PilotSupply {
  const busy = pilot.claims.size > 0;
  return {
    uid: pilot.facts.uid,
    name: pilot.facts.name,
    group: pilot.facts.group,
    site: pilot.facts.site,
    state: pilot.draining || now >= pilot.retireAt ? 'Draining' : busy ? 'Busy' : 'Idle',
    connected: pilot.connection !== undefined,
    disconnectedSeconds: pilot.disconnectedAt === undefined ? 0 : (now - pilot.disconnectedAt) / 1000,
    claims: pilot.claims.size,
    idleSeconds: busy ? 0 : (now - pilot.idleSince) / 1000,
    retireIn: Math.max(0, (pilot.retireAt - now) / 1000),
    free: pilot.freeTexts,
  };
}

/**
 * Pilots that held claims when the pool last ended and have not come back. They are listed like pilots that have lost their
 * connection, because the pool waits for both for a whole lease.
 */
function notBack({ queue, collector, servingSince }: DemandOptions, now: number): PilotSupply[] {
  const uids = [...queue.claimants()].filter((uid) => collector.get(uid) === undefined);
  return uids.flatMap((uid): PilotSupply[] => {
    const jobs = queue.heldBy(uid);
    const [job] = jobs;
    const site = job?.claim.site;
    const run = job?.attempts.find(({ epoch }) => epoch === job.claim.ref.epoch);
    if (run === undefined || site === undefined) return [];
    return [
      {
        uid,
        name: run.pilot,
        group: run.group,
        site,
        state: 'Busy',
        connected: false,
        disconnectedSeconds: (now - servingSince) / 1000,
        claims: jobs.length,
        idleSeconds: 0,
        retireIn: 0,
        free: {},
      },
    ];
  });
}

/**
 * The uids of this site's pilots that hold claims but are neither connected nor announced. A site proves only the deaths of its
 * own pilots.
 */
function unaccounted(options: DemandOptions, site: string, { pilots }: Announced): string[] {
  const { queue, collector } = options;
  const isMissing = (uid: string): boolean =>
    !pilots.has(uid) && !isConnected(collector.get(uid)) && lastSiteOf(options, uid) === site;
  return [...queue.claimants()].filter(isMissing);
}
