import type { Clock } from '#base/clock.ts';
import type { Environment } from '#classad/environment.ts';
import { fitOf } from '#match/fit.ts';
import type { PreparedJob } from '#match/prepared-job.ts';
import { lacking } from '#match/resources.ts';
import { offerOf } from '#match/slot.ts';
import type { Turn } from '../accounting/turn.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Autocluster } from './autocluster.ts';
import type { FreeSlots } from './free-slots.ts';
import type { WaitingSubmitter } from './submitters.ts';

/** Milliseconds for which an autocluster waits in vain until one slot is kept free for it, and then until one more is. */
export const patience = 300_000;

/** The part of the pool's cores that may be kept free; but always one slot. */
const mostPart = 0.1;

/** How many of the slots that become free soonest are matched as a whole. */
const mostTried = 20;

interface ReservationsOptions {
  readonly slots: FreeSlots;
  readonly autoclusters: { all(): Iterable<Autocluster> };
  readonly turns: (waiting: readonly WaitingSubmitter[], cores: number) => readonly Turn[];
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly environment: () => Environment;
}

/**
 * Keeps slots free for jobs that small ones would pass over for ever: a job that wants a whole node, or a GPU beside many cores,
 * never fits while each core that becomes free is given away at once. Whoever has waited for long, is entitled to more, and
 * would fit a whole slot gets one that is no longer given to others; it empties as its jobs end.
 *
 * | slot     | when                                                        | then      |
 * |----------|-------------------------------------------------------------|-----------|
 * | open     | a waiting autocluster has run out of patience, and fits it  | reserved  |
 * | reserved | a job of that autocluster got a slot, here or elsewhere      | open      |
 * | reserved | no job of it waits any more, or the slot takes no more jobs | open      |
 */
export class Reservations {
  readonly #options: ReservationsOptions;
  readonly #reserved = new Map<Pilot, Autocluster>();

  constructor(options: ReservationsOptions) {
    this.#options = options;
  }

  /** Ends reservations that have served their purpose, and makes new ones. Call it regularly. @returns whether any slot changed */
  review(): boolean {
    let isChanged = this.#release();
    const most = Math.max(1, mostPart * this.#options.slots.cores);
    let cores = [...this.#reserved.keys()].reduce((sum, { facts }) => sum + offerOf(facts.slot).cpus, 0);
    for (const autocluster of this.#starved()) {
      const pilot = cores > 0 && cores >= most ? undefined : this.#soonestFor(autocluster);
      if (pilot === undefined) continue;
      cores += offerOf(pilot.facts.slot).cpus;
      if (this.#reserved.size > 0 && cores > most) break;
      this.#reserved.set(pilot, autocluster);
      this.#set(pilot, autocluster.id);
      isChanged = true;
    }
    return isChanged;
  }

  #release(): boolean {
    const before = this.#reserved.size;
    for (const [pilot, autocluster] of this.#reserved) {
      const isOver = autocluster.waiting.size === 0 || this.#due(autocluster) < this.#slotsFor(autocluster);
      if (!isOver && this.#options.slots.of(pilot) !== undefined) continue;
      this.#reserved.delete(pilot);
      this.#set(pilot, 0);
    }
    return this.#reserved.size < before;
  }

  #set(pilot: Pilot, autocluster: number): void {
    pilot.reservedFor = autocluster;
    this.#options.slots.update(pilot, this.#options.clock.monotonic());
  }

  /** How many slots an autocluster may have kept for it by now. */
  #due({ waiting, waitsSince }: Autocluster): number {
    return Math.min(waiting.size, Math.floor((this.#options.clock.monotonic() - waitsSince) / patience));
  }

  #slotsFor(autocluster: Autocluster): number {
    let count = 0;
    for (const other of this.#reserved.values()) if (other === autocluster) count += 1;
    return count;
  }

  /** Those who have waited longest first; nobody who has had more than their share. */
  #starved(): Autocluster[] {
    const { autoclusters, turns, slots } = this.#options;
    const waiting = [...autoclusters.all()].filter((each) => each.waiting.size > 0);
    const starved = waiting.filter((each) => this.#due(each) > this.#slotsFor(each));
    if (starved.length === 0) return [];
    const cores = new Map<string, number>();
    for (const { submitter, waiting: jobs, cores: each } of waiting)
      cores.set(submitter, (cores.get(submitter) ?? 0) + jobs.size * each);
    const entitled = new Set<string>();
    const spin = turns(
      Array.from(cores, ([submitter, all]) => ({ submitter, cores: all })),
      slots.cores,
    );
    for (const { submitter, limit } of spin) if (limit > 0) entitled.add(submitter);
    return starved
      .filter(({ submitter }) => entitled.has(submitter))
      .sort((a, b) => b.priority - a.priority || a.waitsSince - b.waitsSince);
  }

  /** The slot with the fewest cores in use among those that the jobs would fit if they were empty. */
  #soonestFor({ ad, job, verdicts }: Autocluster): Pilot | undefined {
    const { slots, environment } = this.#options;
    const found: { pilot: Pilot; used: number }[] = [];
    for (const { pilot, ad: slot, bucket } of slots.all()) {
      if (this.#reserved.has(pilot) || verdicts.isNone(bucket.number)) continue;
      const whole = offerOf(slot);
      if (lacking(job.least, whole) !== undefined || !isPassedOver(job, pilot)) continue;
      found.push({ pilot, used: whole.cpus - pilot.free.cpus });
    }
    return found
      .sort((a, b) => a.used - b.used)
      .slice(0, mostTried)
      .find(({ pilot }) => fitOf(ad, pilot.facts.slot, environment()).fits)?.pilot;
  }
}

/** Whether a claim on the pilot is smaller than the job: where none is, the job fits as soon as any of them ends. */
const isPassedOver = ({ least }: PreparedJob, { claims }: Pilot): boolean =>
  [...claims.values()].some((takes) => lacking(least, takes) !== undefined);
