import type { Clock, Timer } from '#base/clock.ts';
import { fitOf } from '#match/fit.ts';
import type { Resources } from '#match/resources.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Turn } from '../accounting/turn.ts';
import type { Collector } from '../collector/collector.ts';
import type { Pilot } from '../collector/pilot.ts';
import { environmentFor, environmentOf } from '../jobs/environment.ts';
import { isPristine, type Job } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import type { Autocluster } from './autocluster.ts';
import type { Autoclusters } from './autoclusters.ts';
import type { ConcurrencyLimits } from './concurrency-limits.ts';
import { FreeSlots } from './free-slots.ts';
import { KeptLooks } from './kept-looks.ts';
import { negotiate } from './negotiate.ts';
import { Reservations } from './reservations.ts';
import type { WaitingSubmitter } from './submitters.ts';

interface NegotiatorOptions {
  readonly autoclusters: Autoclusters;
  readonly collector: Collector;
  readonly ads: JobAds;
  readonly limits: ConcurrencyLimits;
  /** One spin of the pie among these submitters, where all slots together have `cores` cores. */
  readonly turns: (waiting: readonly WaitingSubmitter[], cores: number) => readonly Turn[];
  readonly clock: Clock;
  /** Whether claims can be recorded now. */
  readonly canRecord: () => boolean;
  /** Whether the pool has memory for one more job of this owner that is more than a fresh proc. */
  readonly hasMemory: (owner: string) => boolean;
  /** Gives a job to a pilot. */
  readonly grant: (job: Job, pilot: Pilot, takes: Resources, limits: readonly Limit[]) => void;
  /** Called for a job that cannot be matched because of a defect of its own. */
  readonly onDefect: (job: Job, error: unknown) => void;
  /** Called after each pass. */
  readonly onPass: () => void;
  /** Called after each pass with the milliseconds that it took. */
  readonly onTime?: (milliseconds: number) => void;
}

/** Milliseconds after which everything that waits is tried again, because expressions may read the time. */
const lookAgainAfter = 60_000;

/** Milliseconds in which a pass takes note of pilots that have changed. */
const hearing = 10;

/** Milliseconds between looks at who has waited too long. */
const reviewAfter = 15_000;

/** Milliseconds until users who have used up their share of the pool's time are served again. */
const restOfUsers = 10;

/** Runs the negotiation whenever jobs or slots have changed; several requests in one turn cause a single pass. */
export class Negotiator {
  readonly #options: NegotiatorOptions;
  readonly #slots = new FreeSlots();
  readonly #looks = new KeptLooks();
  /** Pilots without jobs that have not been told yet that none waits for them. */
  readonly #untold = new Set<Pilot>();
  /** Autoclusters in which a defective job was found. */
  readonly #suspect = new WeakSet<Autocluster>();
  readonly #reservations: Reservations;
  #isDue = false;
  #isClosed = false;
  #laterTimer: Timer | undefined;
  #timeTimer: Timer | undefined;
  #reviewTimer: Timer | undefined;

  constructor(options: NegotiatorOptions) {
    const { autoclusters, turns, limits, clock } = options;
    this.#options = options;
    const environment = () => environmentFor(clock, 1);
    this.#reservations = new Reservations({
      slots: this.#slots,
      autoclusters,
      turns,
      limits,
      clock,
      environment,
    });
  }

  /** Requests a pass in the next turn. */
  wake(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      if (!this.#isClosed) this.#timedPass();
    });
  }

  #timedPass(): void {
    const { clock, onTime } = this.#options;
    const began = clock.monotonic();
    this.#pass();
    onTime?.(clock.monotonic() - began);
  }

  /**
   * From now on, jobs and slots whose expressions read the time are tried again regularly although nothing has changed, and slots
   * are kept free for jobs that have waited too long.
   */
  watchTime(): void {
    this.#review();
    this.#tryAgain();
  }

  #review(): void {
    this.#reviewTimer = this.#options.clock.after(reviewAfter, () => {
      if (this.#reservations.review()) this.wake();
      this.#review();
    });
  }

  #tryAgain(): void {
    this.#timeTimer = this.#options.clock.after(lookAgainAfter, () => {
      this.#slots.timePassed();
      this.#options.autoclusters.timePassed();
      this.wake();
      this.#tryAgain();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#laterTimer?.cancel();
    this.#timeTimer?.cancel();
    this.#reviewTimer?.cancel();
  }

  #pass(): void {
    const { autoclusters, limits, turns, clock, canRecord, onPass } = this.#options;
    // A claim that cannot be recorded could not be started either.
    if (!canRecord()) return;
    // Of thousands that come back in one moment, some are matched while others wait to be looked at.
    const isAll = this.#hear(clock.monotonic());
    const left = negotiate({
      submitters: autoclusters.submitters,
      slots: this.#slots,
      looks: this.#looks,
      environment: environmentOf(clock),
      limits,
      turns: (waiting) => turns(waiting, this.#slots.cores),
      hasMemory: this.#options.hasMemory,
      grant: (...granted) => this.#grant(...granted),
      now: () => clock.monotonic(),
      onDefect: (autocluster, error) => this.#takeOutDefective(autocluster, error),
    });
    if (left === 'now' || !isAll) this.wake();
    else if (left === 'later') this.#wakeLater();
    else this.#tellNoWork();
    onPass();
  }

  /**
   * Takes note of pilots that have changed, for as long as a pass may take. @returns whether these were all
   */
  #hear(now: number): boolean {
    const { collector, clock } = this.#options;
    for (const pilot of collector.changed()) {
      if (pilot.accepts(now) || collector.get(pilot.facts.uid) === pilot) {
        this.#slots.update(pilot, now);
        if (pilot.claims.size === 0) this.#untold.add(pilot);
      } else this.#slots.forget(pilot);
      if (clock.monotonic() - now > hearing) return false;
    }
    this.#slots.retire(now);
    return true;
  }

  /** Tells idle pilots that nothing which waits fits them: from now on they count as idle. */
  #tellNoWork(): void {
    for (const pilot of this.#untold) {
      if (pilot.claims.size > 0 || pilot.toldNoWork || this.#slots.of(pilot) === undefined) continue;
      pilot.toldNoWork = true;
      pilot.connection?.send({ type: 'work', waiting: false });
    }
    this.#untold.clear();
  }

  #wakeLater(): void {
    this.#laterTimer ??= this.#options.clock.after(restOfUsers, () => {
      this.#laterTimer = undefined;
      this.wake();
    });
  }

  /**
   * While jobs are being sorted, a job may differ from the one that represents it, so it is matched itself. What a fresh proc has
   * of its own is read here for the first time if nothing in it matters for matching.
   */
  #grant(job: Job, pilot: Pilot, takes: Resources, limits: readonly Limit[]): void {
    const { autoclusters, ads, clock, grant, onDefect } = this.#options;
    const fault = isPristine(job) ? ads.fault(job) : undefined;
    if (fault !== undefined) {
      autoclusters.takeOut(job);
      onDefect(job, fault);
      return;
    }
    const own = autoclusters.isSorting
      ? fitOf(ads.matching(job), pilot.freeSlot, environmentOf(clock))
      : undefined;
    if (own?.fits === false) return;
    grant(job, pilot, own?.takes ?? takes, limits);
    // The pass has seen all else that has changed of the pilot, and looks again at what is free of it.
    pilot.isNews = false;
  }

  /**
   * Removes the job that represented its autocluster, and lets the next one represent the others. If that fails too, the
   * defect is in what they share, and all are removed.
   */
  #takeOutDefective(autocluster: Autocluster, error: unknown): void {
    const { autoclusters, onDefect } = this.#options;
    const { first } = autocluster.waiting;
    if (this.#suspect.has(autocluster)) {
      for (const job of autoclusters.takeOutAll(autocluster)) onDefect(job, error);
    } else if (first !== undefined) {
      autoclusters.takeOut(first);
      onDefect(first, error);
    }
    this.#suspect.add(autocluster);
  }
}
