import type { Clock } from '#base/clock.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { prepare } from '#classad/evaluate.ts';
import { parseExpression } from '#classad/parser.ts';
import { isTrue } from '#classad/value.ts';
import { weighingEnvironment } from '#match/weighing-environment.ts';
import { readInto } from '#wire/ad-texts.ts';
import type { Bid, GroupBid } from '#wire/bid.ts';
import type { Collector } from '../collector/collector.ts';
import type { Pilot } from '../collector/pilot.ts';
import { Arrivals } from './arrivals.ts';
import type { Bidders } from './bidders.ts';
import type { Bidder, OfferedGroup, OfferedSlots } from './offer.ts';
import { Trust } from './trust.ts';

/** The pilots that a group of an older site may get more; such sites do not say. */
const unknownHeadroom = 100;

/** How many registered slots of a group are looked at, the newest. */
const remembered = 8;

/** Milliseconds for which a group that is no longer offered is remembered. */
const forgottenAfter = 3_600_000;

/** What is remembered of a group from one demand to the next. */
interface Known {
  readonly declared: string;
  slots: OfferedSlots;
  /** Slots that its pilots registered, by uid, oldest first; also of pilots that have left. */
  came: ReadonlyMap<string, ClassAd>;
  readonly trust: Trust;
  readonly arrivals: Arrivals;
  seenAt: number;
}

interface OffersOptions {
  readonly bidders: Pick<Bidders, 'current' | 'announcedBy'>;
  readonly collector: Pick<Collector, 'all' | 'get'>;
  readonly clock: Clock;
}

/** The groups of all sites that bid now, and what each has brought so far. */
export class Offers {
  readonly #options: OffersOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: OffersOptions) {
    this.#options = options;
  }

  /** The keys of all bidders that may be asked for pilots. */
  keys(): readonly string[] {
    const keys = this.#options.bidders.current().flatMap(({ site, bid }) =>
      bid.groups.flatMap((group) => {
        const policy = policyOf(bid, group);
        return policy === undefined ? [] : [bidderKey(site, policy)];
      }),
    );
    return [...new Set(keys)];
  }

  /** One for each policy of a site, in a fixed order; all groups of an older site, which names no policies, are one. */
  current(): readonly Bidder[] {
    const { bidders, collector, clock } = this.#options;
    const now = clock.monotonic();
    const pilots = Map.groupBy(collector.all(), ({ facts }) => groupKey(facts.site, facts.group));
    const found = bidders.current().flatMap(({ site, bid }) => {
      const starting = this.#startingOf(site);
      const offered = bid.groups.map((group) => {
        const key = groupKey(site, group.name);
        const known = this.#know(key, group, pilots.get(key) ?? [], now);
        return {
          policy: policyOf(bid, group),
          jobs: group.jobs,
          offer: offerOf(key, group, known, starting.get(group.name) ?? 0),
        };
      });
      return [...Map.groupBy(offered, ({ policy }) => policy)].map(([policy, some]) => ({
        key: bidderKey(site, policy),
        groups: some.map(({ offer }) => offer),
        counts: policy === undefined ? undefined : countsFor(some[0]?.jobs),
      }));
    });
    for (const [key, { seenAt }] of this.#known) if (now - seenAt > forgottenAfter) this.#known.delete(key);
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** The slot ads that fresh pilots of all groups would register, as the last bids declare them. */
  templates(): readonly ClassAd[] {
    return this.current().flatMap(({ groups }) => groups.map(({ slots }) => slots.template));
  }

  /** Takes note of the pilots that each group is asked for now, by its key. */
  asked(asked: ReadonlyMap<string, number>): void {
    const now = this.#options.clock.monotonic();
    for (const [key, { trust, arrivals }] of this.#known)
      trust.look(now, asked.get(key) ?? 0, (time) => arrivals.since(time));
  }

  #know(key: string, { template }: GroupBid, pilots: readonly Pilot[], now: number): Known {
    const declared = JSON.stringify(template);
    let known = this.#known.get(key);
    if (known === undefined || known.declared !== declared) {
      const ad = new ClassAd();
      readInto(ad, template);
      const { trust = new Trust(), arrivals = new Arrivals() } = known ?? {};
      known = { declared, slots: { template: ad, came: [] }, came: new Map(), trust, arrivals, seenAt: now };
      this.#known.set(key, known);
    }
    known.seenAt = now;
    known.arrivals.look(pilots, now);
    const newest = pilots.slice(-remembered);
    if (newest.some(({ facts }) => known.came.get(facts.uid) !== facts.slot)) {
      const came = new Map(known.came);
      for (const { facts } of newest) {
        came.delete(facts.uid);
        came.set(facts.uid, facts.slot);
      }
      known.came = new Map([...came].slice(-remembered));
      known.slots = { template: known.slots.template, came: [...known.came.values()] };
    }
    return known;
  }

  /** By group, the pilots that a site has announced and that have not registered. */
  #startingOf(site: string): ReadonlyMap<string, number> {
    const { bidders, collector } = this.#options;
    const counts = new Map<string, number>();
    for (const { uid, group, registered } of bidders.announcedBy(site)?.pilots.values() ?? [])
      if (!registered && collector.get(uid) === undefined) counts.set(group, (counts.get(group) ?? 0) + 1);
    return counts;
  }
}

/** The names of sites and groups hold no slash. */
const groupKey = (site: string, group: string): string => `${site}/${group}`;

export const bidderKey = (site: string, policy: string | undefined): string => `${site}/${policy ?? ' '}`;

/** Whether a bid comes from a site that says nothing of policies, and knows nothing of shares. */
export const isOlder = ({ groups }: Bid): boolean => groups.every(({ headroom }) => headroom === undefined);

/** Undefined for a group of a fixed size. */
const policyOf = (bid: Bid, { policy }: GroupBid): string | undefined => (isOlder(bid) ? '' : policy);

function offerOf(key: string, bid: GroupBid, { slots, trust }: Known, starting: number): OfferedGroup {
  const { blocked, headroom = unknownHeadroom, starting: startingThen = starting, rank = 0 } = bid;
  // Pilots that were started since the bid have used some of what it says.
  const room = headroom - Math.max(0, starting - startingThen);
  const isBlocked = blocked !== undefined;
  return { key, slots, starting, headroom: isBlocked ? 0 : Math.max(0, room), rank, trusted: trust.pilots };
}

/** As the policy itself decides which jobs count: those for which its constraint is true. */
function countsFor(jobs = 'true'): NonNullable<Bidder['counts']> {
  if (jobs === 'true') return () => true;
  try {
    const holds = prepare(parseExpression(jobs));
    return (ad, time) => isTrue(holds(ad, undefined, weighingEnvironment(time, 0)));
  } catch {
    return () => false;
  }
}
