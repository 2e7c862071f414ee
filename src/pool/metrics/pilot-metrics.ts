import { Counter, Gauge, type Registry } from 'prom-client';
import type { Clock } from '#base/clock.ts';
import { offerOf } from '#match/slot.ts';
import type { Pilot } from '../collector/pilot.ts';
import { PilotTotals } from '../collector/pilot-totals.ts';
import { CoreSeconds } from './core-seconds.ts';
import { groupKey, groupLabels } from './group-labels.ts';
import { Labelled } from './labelled.ts';

/** The most groups with series of their own. */
const mostGroups = 200;

interface GroupTime {
  readonly claimed: CoreSeconds;
  readonly unclaimed: CoreSeconds;
}

/** What one pilot has been counted with. */
interface Counted {
  readonly of: GroupTime;
  claimed: number;
  unclaimed: number;
}

/**
 * What the pilots of each group do, and how much of their time jobs use: `Claimed` divided by both states is the efficiency of
 * a group's pilots. No pilot is named.
 */
export class PilotMetrics {
  readonly #clock: Clock;
  readonly #times: Labelled<GroupTime>;
  readonly #counted = new WeakMap<Pilot, Counted>();

  constructor(registry: Registry, clock: Clock, all: () => Iterable<Pilot>) {
    this.#clock = clock;
    this.#times = new Labelled(mostGroups, () => ({
      claimed: new CoreSeconds(clock.monotonic()),
      unclaimed: new CoreSeconds(clock.monotonic()),
    }));
    this.#countNow(registry, all);
    this.#countTime(registry);
  }

  /** Counts what a pilot offers, and what of it is claimed, from now on. Call it after each change, and when it has gone. */
  changed(pilot: Pilot, isThere: boolean): void {
    const total = isThere ? offerOf(pilot.facts.slot).cpus : 0;
    const unclaimed = Math.max(0, Math.min(total, pilot.free.cpus));
    this.#shift(pilot, total - unclaimed, unclaimed);
    if (!isThere) this.#counted.delete(pilot);
  }

  #shift(pilot: Pilot, claimed: number, unclaimed: number): void {
    let known = this.#counted.get(pilot);
    if (known === undefined) {
      known = { of: this.#times.of(groupKey(pilot.facts)), claimed: 0, unclaimed: 0 };
      this.#counted.set(pilot, known);
    }
    const now = this.#clock.monotonic();
    if (claimed !== known.claimed) known.of.claimed.shift(claimed - known.claimed, now);
    if (unclaimed !== known.unclaimed) known.of.unclaimed.shift(unclaimed - known.unclaimed, now);
    known.claimed = claimed;
    known.unclaimed = unclaimed;
  }

  #countNow(registry: Registry, all: () => Iterable<Pilot>): void {
    const clock = this.#clock;
    new Gauge({
      name: 'glidein_pool_pilots',
      help: 'Registered pilots by group and by what they do: Idle, Busy, Draining, or Away (no connection).',
      labelNames: ['site', 'group', 'state'],
      registers: [registry],
      collect() {
        this.reset();
        const totals = new PilotTotals();
        for (const pilot of all()) totals.add(pilot, clock.monotonic());
        const groups = [...totals.groups.values()].sort((a, b) => b.cores.total - a.cores.total);
        for (const { site, group, pilots } of groups.slice(0, mostGroups))
          for (const [state, count] of Object.entries(pilots)) this.set({ site, group, state }, count);
      },
    });
  }

  #countTime(registry: Registry): void {
    const [clock, times] = [this.#clock, this.#times];
    new Counter({
      name: 'glidein_pool_pilot_core_seconds_total',
      help: 'Core-seconds that pilots have offered since this process began: Claimed by jobs, or Unclaimed.',
      labelNames: ['site', 'group', 'state'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [key, { claimed, unclaimed }] of times.all()) {
          const labels = groupLabels(key);
          this.inc({ ...labels, state: 'Claimed' }, claimed.at(clock.monotonic()));
          this.inc({ ...labels, state: 'Unclaimed' }, unclaimed.at(clock.monotonic()));
        }
      },
    });
  }
}
