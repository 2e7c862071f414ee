import type { Clock } from '#base/clock.ts';
import type { Autocluster as AutoclusterView, Bid, DemandAnswer, PilotSupply } from '#wire/bid.ts';
import type { Collector } from '../collector/collector.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Autocluster, Autoclusters } from '../negotiator/autoclusters.ts';
import type { Queue } from '../queue/queue.ts';

/** How long after its start a pool waits for pilots that its bidders know, before it counts them as absent. */
const settleMilliseconds = 30_000;

interface DemandOptions {
  readonly queue: Queue;
  readonly autoclusters: Autoclusters;
  readonly collector: Collector;
  readonly clock: Clock;
  /** Monotonic milliseconds at which this pool began to serve. */
  readonly servingSince: number;
}

/** What one site is told: what waits, what is free, and whether the pool can tell at all. */
export function demandFor(options: DemandOptions, site: string, bid: Bid, version: number): DemandAnswer {
  const now = options.clock.monotonic();
  const absent = bid.pilots.filter(
    ({ uid, registered }) => registered && !isConnected(options.collector.get(uid)),
  );
  const settling = now - options.servingSince < settleMilliseconds;
  const known = !(settling && absent.length > 0);
  return {
    version,
    time: Math.floor(options.clock.wall() / 1000),
    known,
    ...(known
      ? {}
      : { reason: `the pool has started just now and waits for ${absent.length} of your pilots` }),
    autoclusters: [...options.autoclusters.all()]
      .filter((autocluster) => autocluster.waiting.size > 0)
      .map((autocluster) => view(autocluster, options.clock.wall())),
    pilots: [...options.collector.all()].map((pilot) => supply(pilot, now)),
    missing: unaccounted(options.queue, options.collector, site, bid),
  };
}

const isConnected = (pilot: Pilot | undefined): boolean => pilot?.connection !== undefined;

function view(autocluster: Autocluster, wall: number): AutoclusterView {
  const [oldest] = autocluster.waiting;
  return {
    id: autocluster.id,
    count: autocluster.waiting.size,
    running: autocluster.running.size,
    oldestSeconds: oldest === undefined ? 0 : Math.max(0, (wall - oldest.enteredAt) / 1000),
    ad: autocluster.ad.toTexts(),
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
    claims: pilot.claims.size,
    idleSeconds: busy ? 0 : (now - pilot.idleSince) / 1000,
    retireIn: Math.max(0, (pilot.retireAt - now) / 1000),
    free: pilot.freeSlot.toTexts(),
  };
}

/**
 * Uids that hold claims, are not connected, and that no announcement of this site mentions. Pilots of another site
 * are not its to prove dead; where a pilot is, its claim says.
 */
function unaccounted(queue: Queue, collector: Collector, site: string, bid: Bid): string[] {
  const announced = new Set(bid.pilots.map(({ uid }) => uid));
  const isMissing = (uid: string): boolean => {
    if (announced.has(uid) || isConnected(collector.get(uid))) return false;
    const home = queue.heldBy(uid)[0]?.claim.site;
    return home === undefined || home === site;
  };
  return [...queue.claimants()].filter(isMissing);
}
