import type { Clock } from '#base/clock.ts';
import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import type { Resources } from '#match/resources.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Logger } from '#telemetry/logger.ts';
import { type ClaimRef, claimKey } from '#wire/claim.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Checkpointed, Finished } from '#wire/pilot-messages.ts';
import type { StopCause } from '#wire/pool-messages.ts';
import { submitterIn } from '../accounting/submitter-name.ts';
import type { Collector } from '../collector/collector.ts';
import type { Pilot } from '../collector/pilot.ts';
import { claimId } from '../jobs/claim-id.ts';
import { environmentOf } from '../jobs/environment.ts';
import { type Claim, type Claimed, type Job, jobName } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { keptResult } from '../jobs/job-bytes.ts';
import { keyOf } from '../jobs/job-key.ts';
import type { JobState } from '../jobs/job-state.ts';
import type { Next, Result, Transition } from '../jobs/transition.ts';
import { afterEnd, afterLoss, isSuspect } from '../jobs/trouble.ts';
import { ExitPolicies } from '../policy/exit-policies.ts';
import { staysAfter } from '../policy/leave-in-queue.ts';
import type { Ledger } from '../queue/ledger.ts';
import { hasMemory, type MemoryShares } from '../queue/memory.ts';
import { nextState } from '../queue/next-state.ts';
import type { Queue } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';
import { keepCheckpoint } from './checkpoints.ts';
import type { ClaimReuse, EndingClaim } from './claim-reuse.ts';
import { recordLate } from './late-results.ts';
import { momentWithin, timesWithin } from './pilot-clock.ts';
import { type Start, StartSender } from './start-sender.ts';

interface ClaimsOptions {
  /** A job is held once this many pilots were lost while it ran on them. */
  readonly mostLostPilots: number;
  readonly generation: string;
  readonly memory: MemoryShares;
  readonly queue: Queue;
  readonly ledger: Ledger;
  readonly ads: JobAds;
  readonly collector: Collector;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The name that the job's use is charged to. */
  readonly submitterOf: (job: Job) => string;
  /** Which jobs follow on the slots of others. */
  readonly reuse: ClaimReuse;
  /** Runs something after other work has had its turn. */
  readonly later: (run: () => void) => void;
  /** Runs work that nobody awaits; a failure is logged. */
  readonly inBackground: (work: Promise<unknown>) => void;
  /** The span of an execution, as a `traceparent`; absent if the pool makes no spans. */
  readonly traceOf?: ((job: Claimed) => string) | undefined;
}

/** The pilot of a job that ends without running. No pilot has this uid, so if a crash leaves a claim behind, its lease expires. */
const noPilot = 'none';

/** The most characters that a pilot accepts in the reason of a `stop`. */
const longestReason = 1024;

/**
 * The life of claims. Every step is durable before anybody outside hears of it, and a message about a claim that is
 * not its job's newest changes nothing but the record of that attempt.
 *
 * | claim   | event                                             | next                                         |
 * |---------|---------------------------------------------------|----------------------------------------------|
 * | –       | `grant`                                           | running: `start` is sent once it is durable  |
 * | running | `finished`                                        | over: the job goes where its end leaves it, and another may follow with a claim of its own |
 * | running | its job is held, removed or vacated               | ending: `stop` is sent                       |
 * | running | the pilot is gone, or came back without it        | over: the job runs again                     |
 * | ending  | `finished`; the pilot is gone, or came back without it | over: the job stays where it is         |
 * | ending  | the pilot comes back with it                      | ending: `stop` is sent again                 |
 *
 * What a claim takes of its pilot is free when the claim is over, and not before.
 */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #starts: StartSender;
  readonly #policies = new ExitPolicies();

  constructor(options: ClaimsOptions) {
    this.#options = options;
    this.#starts = new StartSender({
      ...options,
      neverSent: (job) => this.#neverSent(job),
      cannotBeSent: (job, reason) => this.#cannotBeSent(job, reason),
    });
  }

  /** Gives an idle job to a pilot, and tells the pilot once that is durable. */
  grant(job: Job, pilot: Pilot, takes: Resources, limits: readonly Limit[]): void {
    const { generation, ledger, clock, submitterOf } = this.#options;
    const epoch = job.epoch + 1;
    const key = keyOf(job);
    const ref: ClaimRef = { generation, id: claimId(key, epoch), epoch };
    const submitter = submitterOf(job);
    const durable = ledger.record({
      type: 'claim',
      at: clock.wall(),
      job: key,
      claim: ref,
      pilot: pilot.named,
      takes,
      ...(limits.length === 0 ? {} : { limits }),
      ...(submitter === submitterIn(undefined, job.cluster.owner) ? {} : { submitter }),
    });
    pilot.take(ref.id, takes, isSuspect(job));
    this.#starts.sendWhen(durable, { job: this.#now(job), ref, pilot });
  }

  /** The job in the queue: a fresh proc became one with the record of its claim. */
  #now(job: Job): Job {
    return this.#options.queue.find(keyOf(job)) ?? job;
  }

  /** Ends an idle job as if it had run. Its policies see an execution like any other, but no pilot is involved. */
  endWithoutPilot(job: Job, outcome: Outcome): void {
    const { generation, ledger, clock, inBackground } = this.#options;
    const epoch = job.epoch + 1;
    const base = { at: clock.wall(), job: keyOf(job) };
    const claim: ClaimRef = { generation, id: claimId(base.job, epoch), epoch };
    const pilot = { uid: noPilot, name: noPilot, group: '' };
    const takes = { cpus: 0, memory: 0, disk: 0, gpus: 0 };
    inBackground(ledger.record({ type: 'claim', ...base, claim, pilot, takes }));
    inBackground(ledger.record({ type: 'start', ...base, epoch }));
    const result = {
      claim,
      outcome,
      startedAt: base.at,
      endedAt: base.at,
      usage: { wallSeconds: 0 },
      outputs: [],
    };
    inBackground(this.#end(this.#now(job), noPilot, result));
  }

  /** Records that the payload has started. A repeated message changes nothing. */
  started(pilot: Pilot, ref: ClaimRef, at: number): void {
    const job = this.#current(pilot, ref);
    const attempt = job?.attempts.find(({ epoch }) => epoch === ref.epoch);
    if (job === undefined || attempt === undefined || attempt.startedAt !== undefined) return;
    const { ledger, clock, inBackground } = this.#options;
    const moment = momentWithin(at, { from: attempt.claimedAt, to: clock.wall() });
    inBackground(ledger.record({ type: 'start', at: moment, job: keyOf(job), epoch: ref.epoch }));
  }

  /** Records what a job has saved. The pilot gets `kept` once that is durable, for every repetition too. */
  checkpointed(pilot: Pilot, message: Checkpointed): Promise<void> {
    return keepCheckpoint(this.#options, pilot, this.#current(pilot, message.claim), message);
  }

  /** Records that the execution has ended. The pilot gets `recorded` once that is durable, for every repetition too. */
  async finished(pilot: Pilot, message: Finished): Promise<void> {
    const { ledger, reuse } = this.#options;
    const job = this.#current(pilot, message.claim);
    if (job === undefined) {
      await recordLate(this.#options, pilot, message);
    } else {
      const ending = reuse.ending(job, pilot, message.outcome);
      const ended = this.#end(job, pilot.facts.uid, message);
      if (ending !== undefined) this.#goOn(pilot, ending);
      await ended;
    }
    // A repeated `finished` may overtake the commit of the first.
    await ledger.settled();
    pilot.connection?.send({ type: 'recorded', claim: message.claim });
  }

  /** Gives the slot of a claim that is over to the next job, in the same turn. */
  #goOn(pilot: Pilot, ending: EndingClaim): void {
    const { reuse } = this.#options;
    const next = reuse.successorOf(ending, pilot);
    if (next === undefined) return;
    this.grant(next.job, pilot, next.takes, next.limits);
    const { claim } = this.#now(next.job);
    if (claim !== undefined) reuse.began(claim, ending);
  }

  #end(job: Job, pilotUid: string, message: Omit<Finished, 'type'>): Promise<void> {
    const { ledger, clock } = this.#options;
    const { outcome, usage, outputs, stdout, stderr, folders, left } = message;
    const { epoch } = message.claim;
    const at = clock.wall();
    const from = job.attempts.find((attempt) => attempt.epoch === epoch)?.claimedAt ?? at;
    const times = timesWithin(message, { from, to: at });
    const result = { outcome, ...times, usage, outputs, stdout, stderr, folders, left };
    const base = { at, job: keyOf(job), epoch };
    const durable =
      job.state === 'Running'
        ? ledger.record({ type: 'end', ...base, ...this.#endOf(job, result) })
        : ledger.record({ type: 'over', ...base, result });
    this.#release(pilotUid, message.claim.id);
    return durable;
  }

  #endOf(job: Job, result: Result): { next: Next; result: Result } {
    const { memory, queue } = this.#options;
    const next = this.#nextOf(job, result);
    const { owner } = job.cluster;
    const hasRoom = (bytes: number) =>
      hasMemory(memory, { all: queue.bytes, owner: queue.bytesOf(owner) }, bytes);
    return { next, result: keptResult(result, next, hasRoom) };
  }

  /** Stops the payload of a job that was removed, held or vacated. Call this once the transition is durable. */
  revoke(claim: Claim, reason: string): void {
    const job = this.#options.queue.claimed(claim.ref.id);
    this.#stop(this.#options.collector.get(claim.pilotUid), claim.ref, reason, job?.state);
  }

  /** Ends the claims of a pilot that is dead or whose lease has expired; its jobs run again. Resolves when that is durable. */
  async lose(pilotUid: string, reason: string): Promise<number> {
    const { ledger, clock, logger, queue } = this.#options;
    const lost = queue.heldBy(pilotUid);
    const at = clock.wall();
    const records = lost.map((job) => ledger.record(this.#withoutResult(job, at, reason)));
    if (lost.length > 0) logger.warn({ pilot: pilotUid, jobs: lost.map(jobName), reason }, 'claims lost');
    await Promise.all(records);
    return lost.length;
  }

  /**
   * Compares the claims that a (re)connected pilot holds with those that the pool knows. If a payload had started and the pilot
   * no longer knows it, the payload is dead and its job runs again.
   * @returns the claims that the pilot must drop, and a function that sends it the claims that it does not know
   */
  reconcile(pilot: Pilot, held: readonly ClaimRef[]): { drop: readonly ClaimRef[]; resend: () => void } {
    const heldKeys = new Set(held.map(claimKey));
    const unheard: Start[] = [];
    const now = this.#options.clock.monotonic();
    for (const job of this.#options.queue.heldBy(pilot.facts.uid)) {
      const { ref, takes } = job.claim;
      if (heldKeys.has(claimKey(ref))) {
        pilot.take(ref.id, takes, isSuspect(job));
        if (job.state !== 'Running')
          this.#stop(pilot, ref, 'the job was held, removed or vacated', job.state);
      } else if (job.state !== 'Running' || hasStarted(job)) {
        this.#forgotten(job);
        pilot.giveBack(ref.id, now);
      } else {
        pilot.take(ref.id, takes, isSuspect(job));
        unheard.push({ job, ref, pilot });
      }
    }
    return {
      drop: this.overOf(pilot, held),
      resend: () => {
        for (const start of unheard) this.#starts.sendAgain(start);
      },
    };
  }

  /** The claims among `held` that are over, or were never the pilot's. */
  overOf(pilot: Pilot, held: readonly ClaimRef[]): readonly ClaimRef[] {
    return held.filter((ref) => this.#current(pilot, ref) === undefined);
  }

  #forgotten(job: Claimed): void {
    const { ledger, clock, inBackground } = this.#options;
    inBackground(ledger.record(this.#withoutResult(job, clock.wall(), 'the pilot came back without it')));
  }

  /** Ends the claim of a job that was held or removed before its pilot was told: there is no payload to wait for. */
  #neverSent(job: Claimed): void {
    const { ledger, clock, inBackground } = this.#options;
    this.#release(job.claim.pilotUid, job.claim.ref.id);
    inBackground(ledger.record(this.#withoutResult(job, clock.wall(), 'it was never started')));
  }

  /** The end of a claim without a result: a running job runs again, any other keeps its state. */
  #withoutResult(job: Claimed, at: number, reason: string): Transition {
    const base = { at, job: keyOf(job), epoch: job.claim.ref.epoch };
    if (job.state !== 'Running') return { type: 'over', ...base };
    return { type: 'lost', ...base, reason, ...afterLoss(job, reason, this.#options.mostLostPilots, at) };
  }

  #cannotBeSent(job: Claimed, reason: string): void {
    const { clock, inBackground } = this.#options;
    const at = clock.wall();
    const outcome = {
      kind: 'startFailed' as const,
      blame: 'job' as const,
      holdCode: holdCodes.failedToCreateProcess,
      reason: `the job cannot be sent to any pilot: ${reason}`,
    };
    const { ref, pilotUid } = job.claim;
    const result = { claim: ref, outcome, endedAt: at, usage: { wallSeconds: 0 }, outputs: [] };
    inBackground(this.#end(job, pilotUid, result));
  }

  #stop(pilot: Pilot | undefined, claim: ClaimRef, reason: string, state: JobState | undefined): void {
    const cause = causeOf(state);
    pilot?.connection?.send({ type: 'stop', claim, reason: truncate(reason, longestReason), cause });
  }

  #nextOf(job: Job, result: Result): Next {
    const { ads, clock } = this.#options;
    const { outcome } = result;
    const hasExited = outcome.kind === 'exited' || outcome.kind === 'signalled';
    if (hasExited && !this.#policies.mayDecide(job)) return { state: 'Completed' };
    const environment = environmentOf(clock);
    const ad = ads.atEnd(job, result);
    const next = nextState(job, ad, outcome, environment);
    if (next.state === 'Completed')
      return { ...next, ...staysAfter(ad, { state: next.state, at: clock.wall(), environment }) };
    if (next.state === 'Held') return next;
    return { ...next, trouble: afterEnd(job, outcome, clock.wall()) };
  }

  /** The job of this claim; undefined if the claim is over, or is not this pilot's. */
  #current(pilot: Pilot, ref: ClaimRef): Job | undefined {
    if (ref.generation !== this.#options.generation) return undefined;
    const job = this.#options.queue.claimed(ref.id);
    const isNewest = job?.claim?.ref.epoch === ref.epoch && job.claim.pilotUid === pilot.facts.uid;
    return isNewest ? job : undefined;
  }

  #release(pilotUid: string, claimId: string): void {
    this.#options.collector.get(pilotUid)?.giveBack(claimId, this.#options.clock.monotonic());
  }
}

/** A job that has been released since its hold is Idle: its old payload is stopped as for a vacate. */
function causeOf(state: JobState | undefined): StopCause {
  if (state === 'Removed') return 'remove';
  return state === 'Held' ? 'hold' : 'vacate';
}

const hasStarted = (job: Job): boolean =>
  job.attempts.some(({ epoch, startedAt }) => epoch === job.epoch && startedAt !== undefined);
