import { type AttributesRead, attributesRead } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import { printExpression } from '#classad/print.ts';
import { accountingAttributes, submitterOf } from '../accounting/submitter-name.ts';
import type { FreshProcs } from '../jobs/fresh-procs.ts';
import { type Cluster, isWaiting, type Job, waitsAgain } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import type { Interval } from '../jobs/proc-intervals.ts';
import { isSuspect } from '../jobs/trouble.ts';
import type { Autocluster } from './autocluster.ts';
import { FreshRuns } from './fresh-runs.ts';
import { newAutocluster } from './new-autocluster.ts';
import { askedOfJobs, Significance } from './significance.ts';
import { SortedAgain } from './sorted-again.ts';
import { SortedApart, type SortedFresh } from './sorted-apart.ts';
import { Submitters } from './submitters.ts';

interface AutoclustersOptions {
  /** Whether an idle job must not be matched yet. */
  readonly backsOff?: (job: Job) => boolean;
  /** The fresh procs of a cluster that may be matched; all of them if absent. */
  readonly offered?: (fresh: FreshProcs) => readonly Interval[];
  /** Called for a job that cannot be sorted; it is in no autocluster. */
  readonly onDefect?: (job: Job, error: unknown) => void;
  /** Runs something after other work has had its turn; at once if absent. */
  readonly later?: (run: () => void) => void;
  /** Called when all jobs are sorted by what is significant now. */
  readonly onSorted?: () => void;
  /** Monotonic milliseconds; those of the process if absent. */
  readonly now?: () => number;
}

/** Milliseconds of sorting before other work gets its turn. */
const slice = 10;

/** Sorts jobs into autoclusters by the values of their significant attributes. */
export class Autoclusters {
  /** The owners of waiting jobs, for the negotiator. */
  readonly submitters: Submitters;
  readonly #ads: JobAds;
  readonly #options: AutoclustersOptions;
  readonly #now: () => number;
  readonly #bySignature = new Map<string, Autocluster>();
  readonly #byJob = new Map<Job, Autocluster>();
  readonly #fresh = new Map<Cluster, SortedFresh>();
  readonly #apart = new SortedApart();
  readonly #significance = new Significance();
  /** Grows when more attributes become significant: jobs in autoclusters of earlier editions are then sorted again. */
  #edition = 0;
  #sorting: Iterator<void> | undefined;
  /** The fresh procs that are being sorted again one by one. */
  #sortedAgain: SortedFresh | undefined;
  #nextId = 1;

  constructor(ads: JobAds, options: AutoclustersOptions = {}) {
    this.#ads = ads;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.submitters = new Submitters(this.#now);
  }

  all(): Iterable<Autocluster> {
    return this.#bySignature.values();
  }

  of(job: Job): Autocluster | undefined {
    return this.#byJob.get(job) ?? this.#fresh.get(job.cluster)?.runs.of(job.proc);
  }

  /** While true, an autocluster may still hold jobs that differ in a newly significant attribute. */
  get isSorting(): boolean {
    return this.#sorting !== undefined;
  }

  /** Sorts a job anew after a transition. */
  update(job: Job): void {
    const old = this.#leave(job);
    const counts = job.state === 'Running' || (isWaiting(job) && this.#options.backsOff?.(job) !== true);
    const same = old !== undefined && !mayDiffer(job, old) ? old : undefined;
    this.#enter(job, counts ? (same ?? this.#find(job)) : undefined);
    if (old !== undefined) this.#dropEmpty(old);
    // If one has left, one more may be sorted; and another, because the first may be defective.
    this.#sortNext(job.cluster.owner);
    this.#sortNext(job.cluster.owner);
  }

  /**
   * Sorts the fresh procs of a cluster anew, in steps: in one if they match alike, whatever their number, otherwise one by one.
   */
  updateFresh(fresh: FreshProcs): Generator<void, void> {
    return this.#updateFresh(fresh, undefined);
  }

  *#updateFresh(fresh: FreshProcs, since: number | undefined): Generator<void, void> {
    this.#leaveAllFresh(fresh);
    yield* this.#sortAnew(fresh, since);
    while (this.#sortNext(fresh.cluster.owner)) yield;
  }

  *#sortAnew(fresh: FreshProcs, since: number | undefined): Generator<void, void> {
    const { first } = fresh.procs;
    if (first === undefined || !isWaiting(fresh.shared)) return;
    const fault = this.#ads.fault(fresh.areSeries ? fresh.job(first) : fresh.shared);
    if (fault !== undefined) {
      this.#options.onDefect?.(fresh.shared, fault);
      return;
    }
    this.#fresh.set(fresh.cluster, { fresh, runs: new FreshRuns(), apart: 0, later: [], next: 0 });
    yield* this.#offer(fresh, this.#options.offered?.(fresh) ?? [...fresh.procs.intervals()], since);
  }

  /** Whether the fresh procs of a cluster have been sorted, or are being sorted. */
  hasFresh(fresh: FreshProcs): boolean {
    return this.#fresh.get(fresh.cluster)?.fresh === fresh;
  }

  /** Sorts fresh procs that were not offered before, and come after those that were, in steps. */
  offerFresh(fresh: FreshProcs, offered: readonly Interval[]): Generator<void, void> {
    return this.#offer(fresh, offered, undefined);
  }

  /** @param since when some of them began to wait, if they have waited in other autoclusters before */
  *#offer(fresh: FreshProcs, offered: readonly Interval[], since: number | undefined): Generator<void, void> {
    const known = this.#fresh.get(fresh.cluster);
    const first = offered[0]?.[0];
    if (known === undefined || first === undefined) return;
    const autocluster = this.#findForAll(fresh, first);
    if (autocluster === undefined) {
      this.#apart.add(known, offered);
      // Ends early if the procs are sorted anew meanwhile.
      while (this.#fresh.get(fresh.cluster) === known && this.#sortOne(known)) yield;
    } else for (const interval of offered) this.#enterFresh(fresh, interval, autocluster, since);
  }

  /** Sorts one more fresh proc of an owner, if any waits for that. @returns whether there may be more */
  #sortNext(owner: string): boolean {
    const known = this.#apart.first(owner);
    return known !== undefined && this.#sortOne(known);
  }

  /** Sorts the next of some fresh procs that do not match alike. @returns whether there may be more */
  #sortOne(known: SortedFresh): boolean {
    const proc = this.#apart.next(known);
    if (proc === undefined) return false;
    const autocluster = this.#find(known.fresh.job(proc));
    if (autocluster === undefined) return true;
    this.#enterFresh(known.fresh, [proc, proc], autocluster);
    this.#apart.entered(known);
    return true;
  }

  /**
   * Makes the job attributes significant that a slot's expressions read. If any is new, all jobs are sorted again, some at a
   * time.
   * @throws GlideinError TooLarge if too many attributes are significant
   */
  learnSlot(asker: string, slot: ClassAd): void {
    this.learn(asker, askedOfJobs(slot));
  }

  /**
   * Makes `names` significant for `asker`, in place of what it asked for before.
   * @throws GlideinError TooLarge if too many attributes are significant
   */
  learn(asker: string, names: Iterable<string>): void {
    if (!this.#significance.ask(asker, names)) return;
    this.#edition += 1;
    const isUnderWay = this.isSorting;
    if (this.#sortedAgain !== undefined) this.#giveUpAgain(this.#sortedAgain);
    this.#sorting = this.#sortAll();
    if (!isUnderWay) this.#sortSome();
  }

  /** Some time has passed: jobs whose expressions read the time may fit now. */
  timePassed(): void {
    for (const autocluster of this.#bySignature.values()) {
      if (!autocluster.readsClock) continue;
      autocluster.lookedThrough = 0;
      if (autocluster.waiting.size > 0) this.submitters.enter(autocluster);
    }
  }

  /** Attributes that only `asker` asked for are no longer significant. Existing autoclusters are not merged. */
  forget(asker: string): void {
    this.#significance.forget(asker);
  }

  /** The iteration over the jobs stays valid although the map changes meanwhile. */
  *#sortAll(): Iterator<void> {
    const clusters = [...this.#fresh.values()];
    for (const [job, autocluster] of this.#byJob) {
      if (!autocluster.signature.startsWith(this.#prefix)) this.#sortAgain(job);
      yield;
    }
    for (const known of clusters) {
      // Those that were sorted anew or are gone are not sorted again.
      if (this.#fresh.get(known.fresh.cluster) === known) yield* this.#sortFreshAgain(known);
      yield;
    }
  }

  /** Sorts the fresh procs of a cluster again: in one step if they match alike, else one by one. */
  *#sortFreshAgain(known: SortedFresh): Generator<void, void> {
    const { fresh } = known;
    const { first } = fresh.procs;
    if (first === undefined || this.#findForAll(fresh, first) !== undefined) {
      yield* this.#updateFresh(fresh, longest(known.runs));
      return;
    }
    const again = new SortedAgain(known.apart > 0);
    known.again = again;
    this.#sortedAgain = known;
    let proc: number | undefined = first;
    for (; proc !== undefined; proc = fresh.procs.next(proc + 1)) {
      if (!again.wereApart && this.#apart.isFull(fresh.cluster.owner)) break;
      this.#sortProcAgain(known, again, proc);
      yield;
      if (known.again !== again) return;
    }
    this.#replace(known, again, proc);
    while (this.#sortNext(fresh.cluster.owner)) yield;
  }

  #sortProcAgain(known: SortedFresh, again: SortedAgain, proc: number): void {
    const { fresh, runs } = known;
    if (again.has(proc) || runs.of(proc)?.waiting.hasFresh(fresh, proc) !== true) return;
    const found = this.#find(fresh.job(proc));
    // A defect may have taken it out.
    if (found === undefined || known.again !== again) return;
    again.add([proc, proc], found);
    if (!again.wereApart) this.#apart.entered(known);
  }

  /** All fresh procs of a cluster that have been sorted again move at once. Those from `end` on are sorted later. */
  #replace(known: SortedFresh, again: SortedAgain, end: number | undefined): void {
    const { fresh, runs } = known;
    const since = longest(runs);
    this.#leaveAll(fresh, runs);
    known.runs = again.runs;
    for (const [autocluster, procs] of again.sorted()) {
      const waited = autocluster.waiting.size > 0;
      autocluster.waiting.addAllFresh(fresh, procs);
      if (!waited) this.#beginsToWait(autocluster, since);
    }
    this.#endAgain(known);
    if (end === undefined) return;
    const rest = [...fresh.procs.intervals()].filter(([, last]) => last >= end);
    this.#apart.add(
      known,
      rest.map(([first, last]): Interval => [Math.max(first, end), last]),
    );
  }

  /** Sorts one slice. */
  #sortSome(): void {
    const began = performance.now();
    while (this.#sorting?.next().done === false) {
      if (performance.now() - began < slice || this.#options.later === undefined) continue;
      this.#options.later(() => this.#sortSome());
      return;
    }
    this.#sorting = undefined;
    this.#options.onSorted?.();
  }

  #sortAgain(job: Job): void {
    const old = this.#leave(job);
    this.#enter(job, this.#find(job), old?.waitsSince);
    if (old !== undefined) this.#dropEmpty(old);
  }

  /**
   * Removes the job whose ad represents its autocluster, so that another job represents the rest. The job is sorted again at
   * its next transition.
   */
  takeOut(job: Job): void {
    const old = this.#leave(job);
    this.#byJob.delete(job);
    if (old === undefined) return;
    const [running] = old.running;
    const next = old.waiting.first ?? running;
    if (next !== undefined) old.ad = this.#ads.matching(next);
    this.#dropEmpty(old);
  }

  /** Removes all waiting jobs of an autocluster. @returns them; the fresh procs of a cluster are one if all are in it */
  takeOutAll(autocluster: Autocluster): readonly Job[] {
    const jobs = [...autocluster.waiting.own];
    for (const job of jobs) this.takeOut(job);
    const clusters = [...autocluster.waiting.fresh];
    for (const fresh of clusters) jobs.push(...this.#takeOutFresh(autocluster, fresh));
    return jobs;
  }

  /** Procs of the same cluster that are in other autoclusters stay there. */
  #takeOutFresh(autocluster: Autocluster, fresh: FreshProcs): readonly Job[] {
    const { autoclusters = [] } = this.#fresh.get(fresh.cluster)?.runs ?? {};
    if ([...autoclusters].every((each) => each === autocluster)) {
      this.#leaveAllFresh(fresh);
      return [fresh.shared];
    }
    const jobs = autocluster.waiting.procsOf(fresh).map((proc) => fresh.job(proc));
    for (const job of jobs) this.takeOut(job);
    return jobs;
  }

  #leave(job: Job): Autocluster | undefined {
    const old = this.#byJob.get(job) ?? this.#leaveFresh(job);
    if (old?.waiting.delete(job) === true && old.waiting.size === 0) this.submitters.leave(old);
    old?.running.delete(job);
    return old;
  }

  /** The job may have been a fresh proc when it was sorted. */
  #leaveFresh(job: Job): Autocluster | undefined {
    const known = this.#fresh.get(job.cluster);
    const old = known?.runs.of(job.proc);
    if (known === undefined || old?.waiting.deleteFresh(known.fresh, job.proc) !== true) return undefined;
    if (known.again === undefined || known.again.wereApart || known.again.has(job.proc))
      this.#apart.left(known);
    known.again?.delete(job.proc);
    if (old.waiting.size === 0) this.submitters.leave(old);
    return old;
  }

  #leaveAllFresh({ cluster }: FreshProcs): void {
    const known = this.#fresh.get(cluster);
    if (known === undefined) return;
    this.#fresh.delete(cluster);
    this.#giveUpAgain(known);
    this.#apart.delete(known);
    this.#leaveAll(known.fresh, known.runs);
  }

  /** They were sorted anew, or another attribute was learned: they begin again. */
  #giveUpAgain(known: SortedFresh): void {
    if (known.again?.wereApart === false) this.#apart.countNone(known);
    this.#endAgain(known);
  }

  #endAgain(known: SortedFresh): void {
    const { again } = known;
    known.again = undefined;
    if (this.#sortedAgain === known) this.#sortedAgain = undefined;
    for (const autocluster of again?.runs.autoclusters ?? []) this.#dropEmpty(autocluster);
  }

  #leaveAll(fresh: FreshProcs, runs: FreshRuns): void {
    for (const autocluster of runs.autoclusters) {
      const waited = autocluster.waiting.size > 0;
      autocluster.waiting.deleteAllFresh(fresh);
      if (waited && autocluster.waiting.size === 0) this.submitters.leave(autocluster);
      this.#dropEmpty(autocluster);
    }
  }

  #enterFresh(fresh: FreshProcs, interval: Interval, autocluster: Autocluster, since?: number): void {
    const waited = autocluster.waiting.size > 0;
    autocluster.waiting.addFresh(fresh, interval);
    const known = this.#fresh.get(fresh.cluster);
    known?.runs.add(...interval, autocluster);
    known?.again?.add(interval, autocluster);
    if (!waited) this.#beginsToWait(autocluster, since);
  }

  /** @param since an earlier time than now if its jobs have waited elsewhere: that they are sorted again is not their fault */
  #beginsToWait(autocluster: Autocluster, since = this.#now()): void {
    autocluster.waitsSince = since;
    this.submitters.enter(autocluster);
  }

  #enter(job: Job, autocluster: Autocluster | undefined, since?: number): void {
    if (autocluster === undefined) {
      this.#byJob.delete(job);
      return;
    }
    this.#byJob.set(job, autocluster);
    if (job.state !== 'Idle') {
      autocluster.running.add(job);
      return;
    }
    autocluster.waiting.add(job);
    if (autocluster.waiting.size === 1) this.#beginsToWait(autocluster, since);
  }

  /**
   * The autocluster of all fresh procs of a cluster, if they do not differ in anything that matching reads. If the first one is
   * defective, each is looked at.
   */
  #findForAll(fresh: FreshProcs, first: number): Autocluster | undefined {
    try {
      const job = fresh.job(first);
      return this.#ads.fault(job) === undefined ? this.#findIfAlike(fresh, job) : undefined;
    } catch {
      return undefined;
    }
  }

  #findIfAlike(fresh: FreshProcs, job: Job): Autocluster | undefined {
    const ad = this.#ads.matching(job);
    const read = attributesRead(ad, this.#significance.names());
    if (this.#isAny(read) || read.my.has('procid') || fresh.maySet(read.my)) return undefined;
    if (fresh.maySet(accountingAttributes)) return undefined;
    return this.#findFor(job.cluster.owner, ad, read);
  }

  #dropEmpty(autocluster: Autocluster): void {
    const { waiting, running, signature } = autocluster;
    if (waiting.size + running.size > 0 || this.#bySignature.get(signature) !== autocluster) return;
    if (this.#sortedAgain?.again?.awaits(autocluster) === true) return;
    this.#bySignature.delete(signature);
    this.#apart.count(autocluster.owner, -1);
  }

  /** The autocluster of a job; undefined if the pool cannot work with the job. */
  #find(job: Job): Autocluster | undefined {
    try {
      const fault = this.#ads.fault(job);
      if (fault === undefined) return this.#findFor(job.cluster.owner, this.#ads.matching(job));
      this.#options.onDefect?.(job, fault);
    } catch (error) {
      this.#options.onDefect?.(job, error);
    }
    return undefined;
  }

  #findFor(owner: string, ad: ClassAd, read = attributesRead(ad, this.#significance.names())): Autocluster {
    const texts = signatureOf(ad, this.#isAny(read) ? ad.names() : read.my);
    const submitter = submitterOf(ad, owner);
    const signature = `${this.#prefix}${JSON.stringify(submitter)}${texts}`;
    const found = this.#bySignature.get(signature);
    if (found !== undefined) return found;
    const created = newAutocluster(this.#nextId, { signature, owner, submitter, ad, readsClock: read.clock });
    this.#nextId += 1;
    this.#bySignature.set(signature, created);
    this.#apart.count(owner, 1);
    return created;
  }

  #isAny(read: AttributesRead): boolean {
    return read.anything || this.#significance.isEverything;
  }

  get #prefix(): string {
    return `${this.#edition}:`;
  }
}

/** Whether the ad of a job may have changed since it was sorted: that of a suspect, of a retried job, or by another priority. */
const mayDiffer = (job: Job, { priority }: Autocluster): boolean =>
  isSuspect(job) || waitsAgain(job) || (job.priority !== undefined && job.priority !== priority);

/** Since when those of these autoclusters that have waited longest do so; undefined if none waits. */
function longest({ autoclusters }: FreshRuns): number | undefined {
  let since: number | undefined;
  for (const { waiting, waitsSince } of autoclusters)
    if (waiting.size > 0 && waitsSince < (since ?? Number.POSITIVE_INFINITY)) since = waitsSince;
  return since;
}

/** The text that identifies a job's autocluster: all attributes that can influence a match, including what those read. */
function signatureOf(ad: ClassAd, names: Iterable<string>): string {
  const parts: [name: string, text: string][] = [];
  for (const name of names) {
    const expression = ad.get(name);
    if (expression !== undefined) parts.push([asciiLower(name), printExpression(expression)]);
  }
  parts.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(parts);
}
