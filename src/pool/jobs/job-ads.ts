import { signalNumber } from '#base/signals.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { printExpression } from '#classad/print.ts';
import { Real } from '#classad/value.ts';
import { readInto } from '#wire/ad-texts.ts';
import type { Outcome, Usage } from '#wire/outcome.ts';
import { isCompletion, wallSeconds, wallSecondsOf } from './attempts.ts';
import { type Cluster, type Job, jobName, waitsAgain } from './job.ts';
import { exitOf, mebibytes, seconds } from './job-figures.ts';
import { jobStates } from './job-state.ts';
import { ParsedTexts } from './parsed-texts.ts';
import { setPast } from './past-attributes.ts';
import type { Result } from './transition.ts';
import { isSuspect } from './trouble.ts';

/** Demands an empty pilot, for a job that may harm its neighbours. It is part of the ad, so demand sees it too. */
const onEmptyPilot = '(TARGET.TotalSlotCpus is undefined || TARGET.Cpus == TARGET.TotalSlotCpus)';

/** The attributes before a job's first try, for expressions such as `RequestMemory = 1024 * (NumJobStarts + 1)`. */
const untried = [
  ['JobStatus', jobStates.Idle],
  ['NumJobStarts', 0],
  ['NumShadowStarts', 0],
  ['NumJobCompletions', 0],
  ['NumHolds', 0],
] as const;

/** An ad without the attributes that cannot be read, and what is wrong with the first of those. */
interface ReadAd {
  readonly ad: ClassAd;
  readonly fault: string | undefined;
}

/**
 * Jobs as ClassAds. They are parsed on demand, and the common part of a cluster once. Attributes that cannot be read are left
 * out of every ad; {@link fault} reports them.
 */
export class JobAds {
  readonly #clusters = new WeakMap<Cluster, ReadAd>();
  readonly #unreadable = new WeakMap<Job, string>();
  readonly #texts = new ParsedTexts();

  /**
   * The job as it was submitted, without anything that changes during its life but its priority. Its owner and its number come
   * from the pool, whatever the submitted ad says.
   */
  submitted(job: Job): ClassAd {
    return this.#read(job).ad;
  }

  /** The common part of a cluster's jobs, as it was submitted. */
  ofCluster(cluster: Cluster): ClassAd {
    return this.#clusterAd(cluster).ad;
  }

  /** Why the pool cannot work with the job, if an attribute cannot be read. */
  fault(job: Job): string | undefined {
    return this.#unreadable.get(job) ?? job.fault ?? job.cluster.fault ?? this.#read(job).fault;
  }

  /** Notes that the record of this job cannot be read. */
  cannotRead(job: Job, reason: string): void {
    this.#unreadable.set(job, reason);
  }

  #read(job: Job): ReadAd {
    const cluster = this.#clusterAd(job.cluster);
    const ad = new ClassAd(cluster.ad);
    const fault = readInto(ad, job.attributes, this.#texts.parse) ?? cluster.fault;
    ad.setValue('ProcId', job.proc);
    if (job.priority !== undefined) ad.setValue('JobPrio', job.priority);
    return { ad, fault };
  }

  /**
   * The ad that is matched: {@link submitted}, or the whole ad for a job that waits for another try, so that its requests can
   * depend on how earlier tries ended. For a suspect the pool adds the demand for an empty pilot.
   */
  matching(job: Job): ClassAd {
    const ad = waitsAgain(job) ? this.whole(job) : this.submitted(job);
    if (!waitsAgain(job)) for (const [name, value] of untried) ad.setValue(name, value);
    const requirements = ad.get('Requirements');
    if (isSuspect(job) && requirements !== undefined)
      ad.setText('Requirements', `(${printExpression(requirements)}) && ${onEmptyPilot}`);
    return ad;
  }

  /** The whole ad of a job as `q` and `history` show it. */
  whole(job: Job): ClassAd {
    const ad = this.submitted(job);
    ad.setValue('GlobalJobId', `glidein#${jobName(job)}#${seconds(job.cluster.queuedAt)}`);
    ad.setValue('JobStatus', jobStates[job.state]);
    ad.setValue('EnteredCurrentStatus', seconds(job.enteredAt));
    const { attempts, forgotten } = job;
    const starts = attempts.filter(({ startedAt }) => startedAt !== undefined).length;
    const completions = attempts.filter(({ outcome }) => isCompletion(outcome)).length;
    ad.setValue('NumJobStarts', forgotten.starts + starts);
    ad.setValue('NumJobCompletions', forgotten.completions + completions);
    ad.setValue('NumShadowStarts', job.epoch);
    ad.setValue('RemoteWallClockTime', new Real(wallSecondsOf(job)));
    ad.setValue('ExitBySignal', false);
    setPast(ad, job);
    if (job.checkpoint !== undefined) ad.setValue('CheckpointNumber', job.checkpoint.number);
    if (job.removeReason !== undefined) ad.setValue('RemoveReason', job.removeReason);
    this.#lastAttempt(ad, job);
    return ad;
  }

  /** The whole ad as it will be once `result` is recorded, with the usage of this run: on_exit expressions see this ad. */
  atEnd(job: Job, { outcome, usage, startedAt, endedAt }: Result): ClassAd {
    // The pilot may have been disconnected when the payload began, so the start may be reported only with its end.
    const attempts = job.attempts.map((attempt) =>
      attempt.epoch === job.epoch ? { startedAt, ...attempt } : attempt,
    );
    const ad = this.whole({ ...job, attempts });
    setOutcome(ad, outcome);
    setUsage(ad, usage);
    const seconds = wallSecondsOf(job) + wallSeconds({ startedAt, endedAt });
    ad.setValue('RemoteWallClockTime', new Real(seconds));
    if (isCompletion(outcome))
      ad.setValue('NumJobCompletions', (ad.evaluateNumber('NumJobCompletions') ?? 0) + 1);
    return ad;
  }

  #lastAttempt(ad: ClassAd, job: Job): void {
    const last = job.attempts.at(-1);
    if (last === undefined) return;
    ad.setValue(job.state === 'Running' ? 'RemoteHost' : 'LastRemoteHost', last.pilot);
    if (job.state === 'Running') ad.setValue('ShadowBday', seconds(last.claimedAt));
    const first = job.attempts.find(({ startedAt }) => startedAt !== undefined)?.startedAt;
    if (first !== undefined) ad.setValue('JobStartDate', seconds(first));
    ad.setValue('JobRunCount', job.epoch);
    if (last.startedAt !== undefined) {
      ad.setValue('JobCurrentStartDate', seconds(last.startedAt));
      ad.setValue('JobCurrentStartExecutingDate', seconds(last.startedAt));
    }
    if (job.state === 'Completed') ad.setValue('CompletionDate', seconds(job.enteredAt));
    if (last.outcome !== undefined) setOutcome(ad, last.outcome);
    if (job.usage !== undefined) setUsage(ad, job.usage);
  }

  #clusterAd(cluster: Cluster): ReadAd {
    let read = this.#clusters.get(cluster);
    if (read === undefined) {
      const ad = new ClassAd();
      const fault = readInto(ad, cluster.ad, this.#texts.parse);
      ad.setValue('Owner', cluster.owner);
      ad.setValue('User', cluster.owner);
      ad.setValue('ClusterId', cluster.id);
      ad.setValue('QDate', seconds(cluster.queuedAt));
      read = { ad, fault };
      this.#clusters.set(cluster, read);
    }
    return read;
  }
}

function setOutcome(ad: ClassAd, told: Outcome): void {
  const outcome = exitOf(told);
  if (outcome.kind === 'exited') {
    ad.setValue('ExitBySignal', false);
    ad.setValue('ExitCode', outcome.exitCode);
  } else if (outcome.kind === 'signalled') {
    ad.setValue('ExitBySignal', true);
    ad.setValue('ExitSignal', signalNumber(outcome.signal));
  }
}

/** HTCondor's names and units: RemoteUserCpu in seconds, MemoryUsage in MiB, ResidentSetSize and DiskUsage in KiB. */
function setUsage(ad: ClassAd, { cpuSeconds, memoryPeakBytes, diskPeakBytes }: Usage): void {
  if (cpuSeconds !== undefined) ad.setValue('RemoteUserCpu', cpuSeconds);
  if (memoryPeakBytes !== undefined) {
    ad.setValue('MemoryUsage', mebibytes(memoryPeakBytes));
    ad.setValue('ResidentSetSize', Math.ceil(memoryPeakBytes / 2 ** 10));
  }
  if (diskPeakBytes !== undefined) ad.setValue('DiskUsage', Math.ceil(diskPeakBytes / 2 ** 10));
}
