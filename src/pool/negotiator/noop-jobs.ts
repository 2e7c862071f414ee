import { signalName } from '#base/signals.ts';
import { attributesRead } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { type AdTexts, textNamed } from '#wire/ad-texts.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { FreshProcs } from '../jobs/fresh-procs.ts';
import { type Cluster, isWaiting, type Job } from '../jobs/job.ts';

interface NoopOptions {
  readonly ad: (job: Job) => ClassAd;
  readonly environment: () => Environment;
  /** Whether an idle job must not be tried again yet. */
  readonly backsOff: (job: Job) => boolean;
  /** Whether the end of a job can be recorded now. */
  readonly canRecord: () => boolean;
  /** Records that the job ended, as if it had run. */
  readonly end: (job: Job, outcome: Outcome) => void;
  /** Called with fresh procs that may be tried again now. */
  readonly again: (fresh: FreshProcs) => void;
}

/**
 * Ends waiting jobs with IsNoopJob, such as DAG nodes that only run a script: they never reach a pilot. Their exit policies
 * apply, so a job with retries may end several times.
 */
export class NoopJobs {
  readonly #options: NoopOptions;
  readonly #namedBy = new WeakMap<Cluster, boolean>();
  /** Jobs whose end waits for room on the disk. */
  readonly #postponed = new Set<Job>();
  readonly #postponedFresh = new Set<FreshProcs>();

  constructor(options: NoopOptions) {
    this.#options = options;
  }

  /** Whether the job must not be matched although it waits: it will end as soon as there is room to record that. */
  has(job: Job): boolean {
    return this.#postponed.has(job);
  }

  /** Takes note of a changed job: if it waits and does not back off, it ends now. */
  update(job: Job): void {
    this.#postponed.delete(job);
    if (!isWaiting(job) || this.#options.backsOff(job) || !this.#mayBe(job)) return;
    if (!this.#end(job)) this.#postponed.add(job);
  }

  /**
   * Takes note of fresh procs, in steps: those that are no real jobs end now.
   * @returns whether the rest may be matched; if not, they are passed to `again` later
   */
  *updateFresh(fresh: FreshProcs): Generator<void, boolean> {
    this.#postponedFresh.delete(fresh);
    if (!this.#mayEnd(fresh)) return true;
    for (const proc of fresh.procs) {
      // They may have been held or removed together meanwhile.
      if (!isWaiting(fresh.shared)) break;
      if (!this.#end(fresh.job(proc))) this.#postponedFresh.add(fresh);
      yield;
    }
    return !this.#postponedFresh.has(fresh);
  }

  /** Whether any of them is no real job; those that agree in what they say about it are asked once. */
  #mayEnd(fresh: FreshProcs): boolean {
    const { first } = fresh.procs;
    if (first === undefined || !isWaiting(fresh.shared)) return false;
    if (fresh.maySet([isNoopJob])) return true;
    if (!this.#mayBe(fresh.shared)) return false;
    const ad = this.#options.ad(fresh.job(first));
    const { my, anything, clock } = attributesRead(ad, [isNoopJob]);
    const areAlike = !(anything || clock || my.has('procid') || my.has('globaljobid') || fresh.maySet(my));
    return !areAlike || ad.evaluateBoolean('IsNoopJob', undefined, this.#options.environment()) === true;
  }

  /** Call this when there may be room again. */
  tryAgain(): void {
    const [jobs, fresh] = [[...this.#postponed], [...this.#postponedFresh]];
    for (const job of jobs) this.update(job);
    for (const each of fresh) this.#options.again(each);
  }

  /** Ends the job if it asks for that. @returns false if that cannot be recorded now */
  #end(job: Job): boolean {
    const ad = this.#options.ad(job);
    const environment = this.#options.environment();
    // If the value is not a boolean, the job runs.
    if (ad.evaluateBoolean('IsNoopJob', undefined, environment) !== true) return true;
    if (!this.#options.canRecord()) return false;
    this.#options.end(job, outcomeOf(ad, environment));
    return true;
  }

  /** Cached per cluster, which may have a million jobs. */
  #mayBe({ cluster, attributes }: Job): boolean {
    let shared = this.#namedBy.get(cluster);
    if (shared === undefined) {
      shared = names(cluster.ad);
      this.#namedBy.set(cluster, shared);
    }
    return shared || names(attributes);
  }
}

const isNoopJob = 'isnoopjob';

const names = (ad: AdTexts): boolean => textNamed(ad, isNoopJob) !== undefined;

/** HTCondor's order: the given exit code, else the given signal, else the exit code 0. */
function outcomeOf(ad: ClassAd, environment: Environment): Outcome {
  const exitCode = integerOf(ad, 'NoopJobExitCode', environment);
  const signal = integerOf(ad, 'NoopJobExitSignal', environment);
  if (exitCode !== undefined || signal === undefined) return { kind: 'exited', exitCode: exitCode ?? 0 };
  return { kind: 'signalled', signal: signalName(String(signal)) ?? `SIG${signal}` };
}

function integerOf(ad: ClassAd, name: string, environment: Environment): number | undefined {
  const value = Math.trunc(ad.evaluateNumber(name, undefined, environment) ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : undefined;
}
