import type { Clock } from '#base/clock.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Collector } from '../collector/collector.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Bidders } from './bidders.ts';
import { KnownKinds } from './known-kinds.ts';
import type { Bidder } from './offer.ts';
import { bidderKey, Offers } from './offers.ts';
import { Pace } from './pace.ts';
import type { SelectedAutocluster } from './select-autoclusters.ts';
import { type Divided, type Shares, sharesOf } from './shares.ts';
import { Verdicts } from './verdicts.ts';

/** Milliseconds for which those who ask at the same version of the demand get parts of the same division. */
const sameDivision = 50;

/** Milliseconds for which a pilot that has lost its connection counts as free, as sites count it. */
const reconnectGrace = 30_000;

interface ApportioningOptions {
  readonly bidders: Pick<Bidders, 'current' | 'announcedBy'>;
  readonly collector: Pick<Collector, 'all' | 'get'>;
  readonly clock: Clock;
  /** Called when a site may be told something else than a moment ago, although nothing in the pool has changed. */
  readonly onShift: () => void;
}

/** By policy and autocluster, the jobs that a site is to reckon with. */
export type SiteShares = ReadonlyMap<string, ReadonlyMap<number, number>>;

/**
 * Tells each of several bidders its share of what waits, so that together they are asked for what the jobs need.
 *
 * **Gotchas.** A bidder may act on what it was told until it asks again, so a job goes to another one only after that: the
 * shares that are out never add up to more than what waits. A bidder that is silent keeps its share until its lease ends.
 * Free slots and starting pilots of all sites are subtracted here; but a site packs what it is told into free slots and its own
 * starting pilots before it starts new ones, so what these take is part of what it is told.
 */
export class Apportioning {
  readonly #options: ApportioningOptions;
  readonly #offers: Offers;
  readonly #verdicts = new Verdicts();
  readonly #kinds = new KnownKinds();
  readonly #pace: Pace;
  #divided: { readonly of: string; readonly at: number; readonly shares: Shares } | undefined;
  /** By bidder and autocluster, the jobs that it was told of last, without those for free slots. */
  readonly #told = new Map<string, ReadonlyMap<number, number>>();
  /** Bidders that could not be told of all that is theirs, because others have been told of it. */
  readonly #short = new Set<string>();

  constructor(options: ApportioningOptions) {
    this.#options = options;
    this.#offers = new Offers(options);
    this.#pace = new Pace(options.clock);
  }

  /** Resolves when the pool has time to divide the demand again: of several thousand autoclusters that takes a while. */
  turn(signal: AbortSignal): Promise<void> {
    return this.#pace.turn(signal);
  }

  /**
   * The shares of a site in what waits; undefined if there is only one bidder, which is told of everything.
   * @param version of the demand
   */
  sharesFor(site: string, version: number, waiting: readonly SelectedAutocluster[]): SiteShares | undefined {
    const keys = this.#offers.keys();
    this.#forgetSilent(keys);
    if (keys.length < 2) {
      this.#tellAll(keys, waiting);
      return undefined;
    }
    const bidders = this.#offers.current();
    const shares = this.#sharesAt(version, waiting, bidders);
    const own = bidders.filter(
      ({ key, counts }) => counts !== undefined && key.startsWith(bidderKey(site, '')),
    );
    return new Map(own.map(({ key }) => [key.slice(bidderKey(site, '').length), this.#tell(key, shares)]));
  }

  /** How many jobs of an autocluster each bidder reckons with, beyond those for free slots, by `SITE/POLICY`. */
  toldOf(autocluster: number): ReadonlyMap<string, number> {
    const jobs = [...this.#told].map(([key, told]) => [key, told.get(autocluster) ?? 0] as const);
    return new Map(jobs.filter(([, count]) => count > 0));
  }

  /** The slot ads that fresh pilots of all groups would register. */
  templates(): readonly ClassAd[] {
    return this.#offers.templates();
  }

  /** The only bidder reckons with everything, and may still do so for a moment when others come. */
  #tellAll(keys: readonly string[], waiting: readonly SelectedAutocluster[]): void {
    const all = new Map(waiting.map(({ autocluster: { id }, count }) => [id, count]));
    for (const key of keys) this.#told.set(key, all);
  }

  #sharesAt(version: number, waiting: readonly SelectedAutocluster[], bidders: readonly Bidder[]): Shares {
    const now = this.#options.clock.monotonic();
    const divided = this.#divided;
    const of = JSON.stringify([version, bidders.map(({ key }) => key)]);
    if (divided?.of === of && now - divided.at < sameDivision) return divided.shares;
    const shares = this.#pace.do(() => this.#divide(waiting, bidders));
    this.#divided = { of, at: this.#options.clock.monotonic(), shares };
    this.#offers.asked(shares.asked);
    return shares;
  }

  #divide(waiting: readonly SelectedAutocluster[], bidders: readonly Bidder[]): Shares {
    const { collector, clock } = this.#options;
    const now = clock.monotonic();
    const time = Math.floor(clock.wall() / 1000);
    const clusters = waiting.map(({ autocluster: { id, ad }, count }) => ({ id, ad, count }));
    const free = [...collector.all()].filter((pilot) => isFree(pilot, now));
    const templates = bidders.flatMap(({ groups }) => groups.map(({ slots }) => slots.template));
    this.#kinds.look(
      clusters.map(({ ad }) => ad),
      [...free.map(({ facts }) => facts.slot), ...templates],
    );
    return sharesOf({
      waiting: clusters,
      // The kind of a slot does not depend on what is free of it.
      free: free.map(({ facts, freeSlot }) => ({ slot: freeSlot, kind: this.#kinds.kindOf(facts.slot) })),
      bidders,
      kindOf: (slot) => this.#kinds.kindOf(slot),
      verdict: this.#verdicts.at(time),
      had: (bidder, id) => this.#told.get(bidder)?.get(id) ?? 0,
      time,
    });
  }

  /** What a bidder is told: its part, unless others may still act on more than is theirs now. */
  #tell(key: string, { byId }: Shares): ReadonlyMap<number, number> {
    const others = [...this.#told].filter(([other]) => other !== key).map(([, told]) => told);
    const before = this.#told.get(key);
    const told = new Map<number, number>();
    const answer = new Map<number, number>();
    let isShort = false;
    let isLess = false;
    for (const [id, divided] of byId) {
      const part = divided.parts.get(key) ?? 0;
      const toOthers = others.reduce((sum, each) => sum + (each.get(id) ?? 0), 0);
      const jobs = Math.min(part, Math.max(0, divided.rest - toOthers));
      if (jobs < part) isShort = true;
      if (jobs < (before?.get(id) ?? 0)) isLess = true;
      if (jobs > 0) told.set(id, jobs);
      answer.set(id, divided.now + (isHopeless(divided) ? divided.rest : jobs));
    }
    this.#told.set(key, told);
    this.#noteShort(key, isShort, isLess);
    return answer;
  }

  /** Who has more than its part is asked again, and who has less after that. */
  #noteShort(key: string, isShort: boolean, isLess: boolean): void {
    const wasShort = this.#short.has(key);
    if (isShort) this.#short.add(key);
    else this.#short.delete(key);
    if ((isShort && !wasShort) || (isLess && this.#short.size > 0)) this.#options.onShift();
  }

  #forgetSilent(current: readonly string[]): void {
    const keys = new Set(current);
    for (const key of this.#told.keys()) if (!keys.has(key)) this.#told.delete(key);
    for (const key of this.#short) if (!keys.has(key)) this.#short.delete(key);
  }
}

const isHopeless = ({ parts }: Divided): boolean => parts.size === 0;

const isFree = (
  { free, draining, reservedFor, retireAt, connection, disconnectedAt = 0 }: Pilot,
  now: number,
): boolean =>
  free.cpus >= 1 &&
  reservedFor === 0 &&
  !draining &&
  now < retireAt &&
  (connection !== undefined || now - disconnectedAt < reconnectGrace);
