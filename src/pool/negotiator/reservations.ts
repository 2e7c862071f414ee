import type { Clock } from '#base/clock.ts';
import { isCode } from '#base/error.ts';
import type { Environment } from '#classad/environment.ts';
import { fitOf } from '#match/fit.ts';
import type { PreparedJob } from '#match/prepared-job.ts';
import { lacking } from '#match/resources.ts';
import { allows, type Turn } from '../accounting/turn.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Autocluster } from './autocluster.ts';
import type { ConcurrencyLimits } from './concurrency-limits.ts';
import type { FreeSlot, FreeSlots } from './free-slots.ts';
import { Match } from './match.ts';
import type { WaitingSubmitter } from './submitters.ts';
import { verdict } from './verdicts.ts';

/** Milliseconds for which an autocluster waits in vain until one slot is kept free for it, and then until one more is. */
export const patience = 300_000;

/** The part of the pool's cores that may be kept free; but always one slot. */
const mostPart = 0.1;

/** How many of the slots that become free soonest are matched as a whole. */
const mostTried = 20;

/** Milliseconds after which a review tries no further autocluster; the next one goes on. */
const slice = 5;

interface ReservationsOptions {
  readonly slots: FreeSlots;
  readonly autoclusters: { all(): Iterable<Autocluster> };
  readonly turns: (waiting: readonly WaitingSubmitter[], cores: number) => readonly Turn[];
  readonly limits: Pick<ConcurrencyLimits, 'lacking'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly environment: () => Environment;
}

/**
 * Keeps slots free for jobs that small ones would overtake for ever: a job that wants a whole node, or a GPU beside many cores,
 * never fits while each core that becomes free is given away at once. Whoever has waited for long, is entitled to more, and
 * would fit a whole slot gets one that is no longer given to others; it empties as its jobs end.
 *
 * | slot     | when                                                        | then      |
 * |----------|-------------------------------------------------------------|-----------|
 * | open     | a waiting autocluster has run out of patience, and fits it  | reserved  |
 * | reserved | a job of that autocluster got a slot, here or elsewhere      | open      |
 * | reserved | no job of it waits any more, or the slot takes no more jobs | open      |
 * | reserved | a limit of the pool keeps its jobs from all slots            | open      |
 */
export class Reservations {
  readonly #options: ReservationsOptions;
  readonly #reserved = new Map<Pilot, Autocluster>();
  /** When no slot was found that would ever fit: whoever asks for what there is not is seldom tried again. */
  readonly #triedInVain = new WeakMap<Autocluster, number>();

  constructor(options: ReservationsOptions) {
    this.#options = options;
  }

  /** Ends reservations that have served their purpose, and makes new ones. Call it regularly. @returns whether any slot changed */
  review(): boolean {
    let isChanged = this.#release();
    const { slots, clock } = this.#options;
    const most = Math.max(1, mostPart * slots.cores);
    let cores = [...this.#reserved.keys()].reduce(
      (sum, pilot) => sum + (slots.of(pilot)?.whole.cpus ?? 0),
      0,
    );
    const until = clock.monotonic() + slice;
    for (const autocluster of this.#starved()) {
      if ((cores > 0 && cores >= most) || clock.monotonic() > until) break;
      const slot = this.#soonestFor(autocluster);
      if (slot === undefined) {
        this.#triedInVain.set(autocluster, clock.monotonic());
        continue;
      }
      cores += slot.whole.cpus;
      if (this.#reserved.size > 0 && cores > most) break;
      this.#reserved.set(slot.pilot, autocluster);
      this.#set(slot.pilot, autocluster.id);
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

  /** How many slots an autocluster may have kept for it by now; none while a limit of the pool keeps it from all slots. */
  #due({ waiting, waitsSince, limits: { everywhere } }: Autocluster): number {
    if (everywhere !== undefined && this.#options.limits.lacking(everywhere) !== undefined) return 0;
    return Math.min(waiting.size, Math.floor((this.#options.clock.monotonic() - waitsSince) / patience));
  }

  #slotsFor(autocluster: Autocluster): number {
    let count = 0;
    for (const other of this.#reserved.values()) if (other === autocluster) count += 1;
    return count;
  }

  /** Those who have waited longest first, one of each user in turn; nobody who has had more than their share. */
  #starved(): Autocluster[] {
    const { autoclusters, turns, slots } = this.#options;
    const waiting = [...autoclusters.all()].filter((each) => each.waiting.size > 0);
    const starved = waiting.filter((each) => this.#due(each) > this.#slotsFor(each) && !this.#isInVain(each));
    if (starved.length === 0) return [];
    const cores = new Map<string, number>();
    for (const { submitter, waiting: jobs, cores: each } of waiting)
      cores.set(submitter, (cores.get(submitter) ?? 0) + jobs.size * each);
    const entitled = new Set<string>();
    const spin = turns(
      Array.from(cores, ([submitter, all]) => ({ submitter, cores: all })),
      slots.cores,
    );
    for (const turn of spin) if (allows(turn, 0, 1)) entitled.add(turn.submitter);
    return oneOfEach(
      starved
        .filter(({ submitter }) => entitled.has(submitter))
        .sort((a, b) => b.priority - a.priority || a.waitsSince - b.waitsSince),
    );
  }

  #isInVain(autocluster: Autocluster): boolean {
    const at = this.#triedInVain.get(autocluster);
    return at !== undefined && this.#options.clock.monotonic() - at < patience;
  }

  /** The slot with the fewest cores in use among those that the jobs would fit if they were empty. */
  #soonestFor(autocluster: Autocluster): FreeSlot | undefined {
    const { slots, environment } = this.#options;
    const { id, ad, job, limits, verdicts } = autocluster;
    slots.learn(autocluster.reads);
    verdicts.begin(slots.generation);
    const match = new Match({ id, job, limits, verdicts }, slots, environment());
    const isWorthwhile = ({ pilot, whole, bucket }: FreeSlot): boolean =>
      lacking(job.least, whole) === undefined &&
      !this.#reserved.has(pilot) &&
      match.judge(bucket).verdict !== verdict.none &&
      isPassedOver(job, pilot);
    try {
      return leastUsed(slots.all(), isWorthwhile).find(
        ({ pilot }) => fitOf(ad, pilot.facts.slot, environment()).fits,
      );
    } catch (error) {
      // Its expressions take too long: the next pass that looks at it says so.
      if (isCode(error, 'TooLarge')) return undefined;
      throw error;
    }
  }
}

/** The few slots with the fewest cores in use among those that are worthwhile. */
function leastUsed(all: Iterable<FreeSlot>, isWorthwhile: (slot: FreeSlot) => boolean): FreeSlot[] {
  const least: { readonly slot: FreeSlot; readonly used: number }[] = [];
  for (const slot of all) {
    const used = slot.whole.cpus - slot.pilot.free.cpus;
    if (least.length === mostTried && used >= (least.at(-1)?.used ?? 0)) continue;
    if (!isWorthwhile(slot)) continue;
    const at = least.findIndex((each) => each.used > used);
    least.splice(at < 0 ? least.length : at, 0, { slot, used });
    if (least.length > mostTried) least.pop();
  }
  return least.map(({ slot }) => slot);
}

/** The first of each user, then the second of each: nobody comes before others by very many jobs or a high priority of their own. */
function oneOfEach(autoclusters: readonly Autocluster[]): Autocluster[] {
  const counts = new Map<string, number>();
  const places = autoclusters.map((autocluster) => {
    const place = counts.get(autocluster.owner) ?? 0;
    counts.set(autocluster.owner, place + 1);
    return { autocluster, place };
  });
  return places.sort((a, b) => a.place - b.place).map(({ autocluster }) => autocluster);
}

/** Whether a claim on the pilot is smaller than the job: where none is, the job fits as soon as any of them ends. */
function isPassedOver({ least }: PreparedJob, { claims }: Pilot): boolean {
  for (const takes of claims.values()) if (lacking(least, takes) !== undefined) return true;
  return false;
}
