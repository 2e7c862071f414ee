import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { fitOf } from '#match/fit.ts';
import type { Resources } from '#match/resources.ts';
import { Accountant } from '#pool/accounting/accountant.ts';
import type { Turn } from '#pool/accounting/turn.ts';
import { Pilot } from '#pool/collector/pilot.ts';
import type { Job } from '#pool/jobs/job.ts';
import { JobAds } from '#pool/jobs/job-ads.ts';
import { keyOf } from '#pool/jobs/job-key.ts';
import type { JobState } from '#pool/jobs/job-state.ts';
import type { Transition } from '#pool/jobs/transition.ts';
import type { Autocluster } from '#pool/negotiator/autocluster.ts';
import { Autoclusters } from '#pool/negotiator/autoclusters.ts';
import { Claims } from '#pool/negotiator/claims.ts';
import { ConcurrencyLimits } from '#pool/negotiator/concurrency-limits.ts';
import { FreeSlots } from '#pool/negotiator/free-slots.ts';
import { KeptLooks } from '#pool/negotiator/kept-looks.ts';
import { negotiate } from '#pool/negotiator/negotiate.ts';
import { requestedLimits } from '#pool/negotiator/requested-limits.ts';
import type { WaitingSubmitter } from '#pool/negotiator/submitters.ts';
import { apply } from '#pool/queue/apply.ts';
import type { Changed } from '#pool/queue/changed.ts';
import { Queue } from '#pool/queue/queue.ts';
import { jobTexts, slotAd } from './ads.ts';
import { ManualClock } from './manual-clock.ts';
import { submitted } from './submitted.ts';

/** A queue, its autoclusters and some pilots, matched as the pool does but with no disk. */
export class Scene {
  readonly queue = new Queue();
  readonly limits = new ConcurrencyLimits(this.queue.taken);
  readonly ads = new JobAds();
  /** Each look at the clock takes a hundredth of a millisecond. */
  milliseconds = 0;
  readonly now: () => number;
  readonly autoclusters: Autoclusters;
  readonly pilots: Pilot[] = [];
  readonly granted: { job: Job; pilot: Pilot }[] = [];
  readonly defects: unknown[] = [];
  readonly slots: FreeSlots;
  readonly looks = new KeptLooks();
  /** Everybody's factor is 1000; past use decays as the scene's clock runs. */
  readonly accountant = new Accountant();
  mostInMemory = Number.POSITIVE_INFINITY;
  /** Called before each grant. */
  onGrant = (_job: Job, _pilot: Pilot, _takes: Resources): void => {};
  /** What is done with a defective job; all like it are taken out if nothing else is set. */
  onDefect = (autocluster: Autocluster): void => {
    this.autoclusters.takeOutAll(autocluster);
  };
  /** One spin; the accountant's if nothing else is set. */
  turns = (waiting: readonly WaitingSubmitter[]): readonly Turn[] =>
    this.accountant.turns(waiting, this.slots.cores, this.milliseconds);
  /** The pool's own, over a ledger without a disk: as nothing is ever durable, no pilot hears of anything. */
  readonly #claims = new Claims({
    generation: 'g',
    clock: new ManualClock(0),
    queue: this.queue,
    ledger: {
      record: (transition: Transition) => {
        this.sort(apply(this.queue, transition));
        return new Promise(() => {});
      },
    },
    inBackground: () => {},
    submitterOf: (job: Job) => job.cluster.owner,
  } as unknown as ConstructorParameters<typeof Claims>[0]);
  #clusters = 0;

  /** @param clock `real` where the work itself is to take its time @param slots where they are told apart in another way */
  constructor(clock: 'real' | 'played' = 'played', slots = new FreeSlots()) {
    this.slots = slots;
    this.now = clock === 'real' ? () => this.milliseconds + performance.now() : () => this.#tick();
    this.autoclusters = new Autoclusters(this.ads, { now: this.now });
  }

  #tick(): number {
    this.milliseconds += 0.01;
    return this.milliseconds;
  }

  sort({ jobs, fresh }: Changed): void {
    for (const job of jobs) this.autoclusters.update(job);
    for (const each of fresh) Array.from(this.autoclusters.updateFresh(each));
  }

  hasMemory(): boolean {
    return this.granted.length < this.mostInMemory;
  }

  /** The jobs in this state, fresh procs too. */
  inState(state: JobState): readonly Job[] {
    return [...this.queue.jobs()].filter((job) => job.state === state);
  }

  submit(procs: number, more: Readonly<Record<string, string>> = {}, owner = 'alice'): readonly Job[] {
    this.#clusters += 1;
    this.sort(submitted(this.queue, { cluster: this.#clusters, owner, ad: jobTexts(more), procs }));
    return [...this.queue.jobsOf(this.#clusters)];
  }

  pilot(slot: Readonly<Record<string, string>> = {}): Pilot {
    const uid = `u${this.pilots.length}`;
    const connection = { send: () => {}, sendPrinted: () => {}, close: () => {} };
    const pilot = new Pilot({ uid, name: uid, group: 'g', site: 's', slot: slotAd(slot) }, 0, 1e12);
    pilot.connection = connection;
    this.autoclusters.learnSlot(uid, pilot.facts.slot);
    this.pilots.push(pilot);
    return pilot;
  }

  /** One of the running jobs is held, and its slot is free. */
  end(pick: number): void {
    const running = [...this.queue.ownJobs()].filter(({ state }) => state === 'Running');
    const job = running[pick % Math.max(1, running.length)];
    if (job?.claim === undefined) return;
    const { ref, pilotUid, takes } = job.claim;
    this.accountant.charge(job.cluster.owner, -takes.cpus, this.milliseconds);
    this.pilots.find(({ facts }) => facts.uid === pilotUid)?.giveBack(ref.id, 1);
    apply(this.queue, { type: 'hold', at: 1, job: keyOf(job), code: 1, reason: 'r' });
    apply(this.queue, { type: 'over', at: 1, job: keyOf(job), epoch: ref.epoch });
    this.autoclusters.update(job);
  }

  /** Waiting jobs that some slot and the limits would let run. */
  couldRun(): readonly Job[] {
    const slots = this.pilots.map(({ freeSlot }) => freeSlot);
    return this.inState('Idle').filter((job) => {
      const ad = this.ads.submitted(job);
      const asked = requestedLimits(ad);
      const isAllowed = (slot: ClassAd) => this.limits.lacking(asked.on(slot, {})) === undefined;
      return slots.some((slot) => fitOf(ad, slot).fits && isAllowed(slot));
    });
  }

  /** Passes until all that waits was looked at. */
  negotiate(environment: Environment = { now: () => 1000 }): void {
    for (let passes = 0; this.pass(environment) !== 'nothing'; passes += 1) {
      if (passes > 100_000) throw new Error('there is no end of passes');
      this.milliseconds += 100;
    }
  }

  /** @param changed the pilots of whose changes it hears */
  pass(environment: Environment, changed: readonly Pilot[] = this.pilots): ReturnType<typeof negotiate> {
    for (const pilot of changed) this.slots.update(pilot, this.milliseconds);
    return negotiate({
      submitters: this.autoclusters.submitters,
      slots: this.slots,
      looks: this.looks,
      environment,
      turns: (waiting) => this.turns(waiting),
      limits: this.limits,
      hasMemory: () => this.hasMemory(),
      grant: (job, pilot, takes, limits) => {
        this.onGrant(job, pilot, takes);
        this.#claims.grant(job, pilot, takes, limits);
        this.accountant.charge(job.cluster.owner, takes.cpus, this.milliseconds);
        this.granted.push({ job, pilot });
      },
      now: () => this.now(),
      onDefect: (autocluster, error) => {
        this.defects.push(error);
        this.onDefect(autocluster);
      },
    });
  }
}
