import type { ClassAd } from '#classad/class-ad.ts';
import { bidOf } from '#fleet/bid.ts';
import { decideByPolicy, type NamedPolicy } from '#fleet/decide.ts';
import { DemandRecord } from '#fleet/pool-demand.ts';
import { fitOf } from '#match/fit.ts';
import { Collector } from '#pool/collector/collector.ts';
import type { Pilot } from '#pool/collector/pilot.ts';
import type { Autocluster } from '#pool/negotiator/autocluster.ts';
import { Apportioning } from '#pool/registry/apportioning.ts';
import { Bidders } from '#pool/registry/bidders.ts';
import type { SelectedAutocluster } from '#pool/registry/select-autoclusters.ts';
import type { Decision } from '#pressure/decision.ts';
import type { GroupSupply } from '#pressure/demand.ts';
import { ManualClock } from './manual-clock.ts';
import { groupOf, jobsOf, policyOf } from './pressure-world.ts';

/** How one site of the simulation behaves. Times are seconds. */
interface SiteScript {
  readonly name: string;
  readonly cpus: number;
  readonly maxPilots?: number;
  /** From the start of a pilot until it registers; infinite for one that never does. */
  readonly delay?: number;
  /** Between questions. */
  readonly interval?: number;
  readonly policy?: Record<string, unknown>;
}

interface Queued {
  readonly id: number;
  readonly ad: ClassAd;
  waiting: number;
}

/**
 * Several sites that feed one pool, on a clock that is moved by hand. The sites decide by their policies, and the pool
 * apportions, with the real code of both; the pool's jobs run for ever unless a test ends them, and its negotiator is a loop.
 */
export class BiddingSites {
  readonly clock = new ManualClock();
  readonly collector = new Collector(this.clock);
  readonly bidders = new Bidders(this.clock);
  readonly sites: readonly SimulatedSite[];
  readonly queue: Queued[] = [];
  readonly #apportioning: Apportioning;
  #shifted = false;
  #version = 0;

  constructor(...scripts: SiteScript[]) {
    this.#apportioning = new Apportioning({
      bidders: this.bidders,
      collector: this.collector,
      clock: this.clock,
      onShift: () => {
        this.#shifted = true;
      },
    });
    this.sites = scripts.map((script) => new SimulatedSite(script, this));
  }

  site(name: string): SimulatedSite {
    return this.sites.find((site) => site.name === name) as SimulatedSite;
  }

  submit(count: number, cpus: number): void {
    const id = this.queue.length + 1;
    this.queue.push({ id, ad: jobsOf(count, { cpus }).ad, waiting: count });
    this.match();
  }

  get waiting(): number {
    return this.queue.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  get started(): number {
    return this.sites.reduce((sum, { pilots }) => sum + pilots.size, 0);
  }

  /** Lets seconds pass. @param each called after each of them */
  run(seconds: number, each: () => void = () => {}): void {
    for (let second = 0; second < seconds; second += 1) {
      this.clock.advance(1000);
      for (const site of this.sites) site.registerDue();
      this.match();
      const wakes = this.#shifted;
      this.#shifted = false;
      for (const site of this.sites) site.act(wakes);
      each();
    }
  }

  /** Each waiting job goes to the first pilot that fits. */
  match(): void {
    for (const queued of this.queue) {
      for (const pilot of this.collector.all()) {
        if (pilot.free.cpus < 1) continue;
        for (;;) {
          const fit = queued.waiting > 0 ? fitOf(queued.ad, pilot.freeSlot) : undefined;
          if (fit?.fits !== true) break;
          queued.waiting -= 1;
          pilot.take(`${pilot.facts.uid}-${queued.id}-${queued.waiting}`, fit.takes);
        }
      }
    }
  }

  /** The jobs that a site is told of, by autocluster: all of them if it is the only bidder. */
  shares(site: SimulatedSite): ReadonlyMap<number, number> | undefined {
    this.#version += 1;
    const waiting = this.queue.flatMap(({ id, ad, waiting: count }): SelectedAutocluster[] =>
      count === 0 ? [] : [{ autocluster: { id, ad } as Autocluster, count, ad: {} }],
    );
    return this.#apportioning.sharesFor(site.name, this.#version, waiting)?.get(site.policy.name);
  }
}

class SimulatedSite {
  readonly name: string;
  readonly policy: NamedPolicy;
  /** Pilots that were started, by uid, and when they register; in monotonic milliseconds. */
  readonly pilots = new Map<string, number>();
  /** It neither asks nor acts. */
  isAway = false;
  delay: number;
  /** The jobs that it was told of last. */
  told = 0;
  readonly #script: SiteScript;
  readonly #world: BiddingSites;
  readonly #record: DemandRecord;
  #decision: Decision | undefined;
  #nextAt = 0;
  #number = 0;

  constructor(script: SiteScript, world: BiddingSites) {
    this.name = script.name;
    this.delay = script.delay ?? 30;
    this.policy = { name: 'policy', spec: policyOf({ removal: { mode: 'Never' }, ...script.policy }) };
    this.#script = script;
    this.#world = world;
    this.#record = new DemandRecord(world.clock);
  }

  /** Jobs run or will run on its registered pilots. */
  get registered(): readonly Pilot[] {
    return [...this.#world.collector.all()].filter(({ facts }) => facts.site === this.name);
  }

  registerDue(): void {
    const { collector, clock } = this.#world;
    for (const [uid, at] of this.pilots) {
      if (at > clock.monotonic() || collector.get(uid) !== undefined) continue;
      const { template: ad } = this.#supply();
      const facts = { uid, name: uid, group: 'g', site: this.name, slot: ad.toTexts() };
      const hello = {
        type: 'hello' as const,
        protocol: 1,
        ...facts,
        claims: [],
        retireIn: 1e6,
        draining: false,
      };
      collector.register(hello, { send: () => {}, sendPrinted: () => {}, close: () => {} });
    }
  }

  /** Asks if it is time, or if the pool wakes it; decides in any case, by what it was told last. */
  act(wakes: boolean): void {
    const { clock } = this.#world;
    if (this.isAway) return;
    if (wakes || clock.monotonic() >= this.#nextAt) {
      this.#nextAt = clock.monotonic() + (this.#script.interval ?? 5) * 1000;
      this.#ask();
    }
    this.#decide();
  }

  #ask(): void {
    const { bidders, clock, queue, collector } = this.#world;
    const view = { demand: this.#record.look(), site: this.name };
    const pilots: [] = [];
    const bid = bidOf(
      [{ supply: this.#supply(), policy: this.policy, pilots, decided: undefined, blocked: undefined }],
      view,
    );
    bidders.put(this.name, {
      ...bid,
      groups: bid.groups.map(({ template, limits, phases, ...group }) => ({
        ...group,
        limits: [...limits],
        phases: { ...phases },
        template: template.toTexts(),
      })),
      reads: [],
      waitSeconds: 0,
    });
    this.#announce();
    const shares = this.#world.shares(this);
    const waiting = queue.filter((queued) => queued.waiting > 0);
    const counts = waiting.map(
      (queued) => shares?.get(queued.id) ?? (shares === undefined ? queued.waiting : 0),
    );
    this.told = counts.reduce((sum, count) => sum + count, 0);
    this.#record.answered(
      {
        known: true,
        autoclusters: waiting.map(({ id, ad, waiting: count }) => ({
          id,
          ad,
          count,
          oldestSeconds: 0,
          shares: shares && { [this.policy.name]: shares.get(id) ?? 0 },
        })),
        pilots: [...collector.all()].map(({ facts, claims, freeSlot }) => ({
          uid: facts.uid,
          name: facts.name,
          group: facts.group,
          site: facts.site,
          state: claims.size > 0 ? 'Busy' : 'Idle',
          connected: true,
          disconnectedSeconds: 0,
          free: freeSlot,
        })),
      },
      { askedAt: clock.monotonic(), freshFor: 90_000, acknowledgedAt: () => 0 },
    );
  }

  #decide(): void {
    const view = { demand: this.#record.look(), site: this.name };
    this.#decision = decideByPolicy(this.policy, [this.#supply()], view, this.#decision);
    const [decided] = this.#decision.groups;
    for (let count = decided?.add ?? 0; count > 0; count -= 1) {
      this.#number += 1;
      this.pilots.set(`${this.name}-${this.#number}`, this.#world.clock.monotonic() + this.delay * 1000);
    }
    if ((decided?.add ?? 0) > 0) this.#announce();
  }

  /** As operators do, apart from their questions and at once. */
  #announce(): void {
    const pilots = [...this.pilots.keys()].map((uid) => ({ uid, name: uid, group: 'g', registered: false }));
    this.#world.bidders.announce(this.name, { session: this.name, complete: true, pilots, ended: [] });
  }

  #supply(): GroupSupply {
    const { cpus, maxPilots = 1000 } = this.#script;
    const demand = this.#record.look();
    const starting = [...this.pilots.keys()].filter((uid) => demand.last?.byUid.has(uid) !== true).length;
    const limits = { maxPilots, maxPending: 1000, maxIdle: 1000 };
    return groupOf('g', { cpus }, { starting, limits });
  }
}
