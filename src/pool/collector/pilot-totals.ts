import { offerOf } from '#match/slot.ts';
import type { Pilot } from './pilot.ts';

/** What the pilots of one group of one site do altogether. */
export interface GroupTotals {
  readonly group: string;
  readonly site: string;
  readonly pilots: Record<'Idle' | 'Busy' | 'Draining' | 'Away', number>;
  readonly cores: { total: number; used: number };
}

/** Counts pilots, their claims and their cores, by group. */
export class PilotTotals {
  readonly groups = new Map<string, GroupTotals>();
  readonly pilots = { Idle: 0, Busy: 0, Draining: 0, Away: 0 };
  readonly cores = { total: 0, used: 0 };
  freeCores = 0;
  claims = 0;

  /** @param now monotonic milliseconds */
  add(pilot: Pilot, now: number): void {
    const total = offerOf(pilot.facts.slot).cpus;
    const free = pilot.free.cpus;
    const own = this.group(pilot.facts.site, pilot.facts.group);
    const what = doing(pilot, now);
    for (const each of [this, own]) {
      each.pilots[what] += 1;
      each.cores.total += total;
      each.cores.used += Math.max(0, total - free);
    }
    if (pilot.accepts(now)) this.freeCores += Math.max(0, free);
    this.claims += pilot.claims.size;
  }

  /** The totals of a group, which may have no pilot. */
  group(site: string, group: string): GroupTotals {
    const key = JSON.stringify([site, group]);
    let known = this.groups.get(key);
    if (known === undefined) {
      const pilots = { Idle: 0, Busy: 0, Draining: 0, Away: 0 };
      known = { group, site, pilots, cores: { total: 0, used: 0 } };
      this.groups.set(key, known);
    }
    return known;
  }
}

function doing(pilot: Pilot, now: number): keyof PilotTotals['pilots'] {
  if (pilot.connection === undefined) return 'Away';
  if (!pilot.accepts(now)) return 'Draining';
  return pilot.claims.size > 0 ? 'Busy' : 'Idle';
}
