import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '#base/clock.ts';
import type { Accounting } from '#spec/accounting.ts';
import { metricsText } from '#telemetry/metrics.ts';
import type { Accountant } from '../accounting/accountant.ts';
import type { Collector } from '../collector/collector.ts';
import type { Claim } from '../jobs/job.ts';
import { type JobState, jobStates } from '../jobs/job-state.ts';
import type { Autoclusters } from '../negotiator/autoclusters.ts';
import type { Queue } from '../queue/queue.ts';
import type { Removed } from '../queue/retention.ts';
import type { Bidders } from '../registry/bidders.ts';
import type { Deal } from '../registry/select-autoclusters.ts';
import { startingByPhase } from '../registry/starting-phases.ts';
import type { Volume } from '../spool/volume.ts';
import { CertificateMetrics } from './certificate-metrics.ts';
import { ExecutionMetrics } from './execution-metrics.ts';
import { type JobCounts, JobMetrics, totalsOf } from './job-metrics.ts';
import { PilotMetrics } from './pilot-metrics.ts';
import { type NamedClaim, ScoreMetrics } from './score-metrics.ts';
import { SlotMetrics } from './slot-metrics.ts';
import { UseMetrics } from './use-metrics.ts';
import { waitingMetrics } from './waiting-metrics.ts';

interface Watched {
  readonly queue: Queue;
  readonly collector: Collector;
  readonly autoclusters: Pick<Autoclusters, 'all'>;
  readonly clock: Clock;
  readonly volume: Volume;
  readonly accountant: Pick<Accountant, 'accountOf' | 'groupOf'>;
  readonly bidders: Pick<Bidders, 'current'>;
  readonly settings: { readonly metrics?: 'Token' | 'Open' | undefined };
}

/** Seconds. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The pool's metrics for Prometheus. No label names a job, a user or a pilot: those belong to logs and listings. */
export class PoolMetrics {
  readonly #registry: Registry;
  readonly #claims: Counter;
  /** A sum that is counted up a hundred thousand times a second is told to the counter when somebody asks. */
  #granted = 0;
  readonly #unreadable: Counter;
  readonly #submits: Histogram;
  readonly #commits: Histogram;
  readonly #records: Counter;
  readonly #passes: Histogram;
  readonly #removed: Counter;
  readonly #spoolFiles: Gauge;
  readonly #spoolBytes: Gauge;
  readonly #aside: Gauge;
  readonly jobs: JobMetrics;
  readonly executions: ExecutionMetrics;
  readonly certificates: CertificateMetrics;
  /** Undefined before `watch`. */
  use: UseMetrics | undefined;
  /** Undefined before `watch`. */
  scores: ScoreMetrics | undefined;

  constructor(registry: Registry = new Registry()) {
    this.#registry = registry;
    const registers = [registry];
    this.jobs = new JobMetrics(registry);
    this.executions = new ExecutionMetrics(registry);
    this.certificates = new CertificateMetrics(registry);
    this.#claims = new Counter({
      name: 'glidein_pool_claims_granted_total',
      help: 'Claims given to pilots since this process began.',
      registers,
      collect: () => {
        this.#claims.reset();
        this.#claims.inc(this.#granted);
      },
    });
    this.#passes = new Histogram({
      name: 'glidein_pool_negotiation_seconds',
      help: 'Time of a pass in which the negotiator matches waiting jobs with free slots.',
      buckets,
      registers,
    });
    this.#aside = new Gauge({
      name: 'glidein_pool_store_records_unreadable',
      help: 'Records that this process could not read when it began: set aside as they are, their jobs held.',
      registers,
    });
    this.#unreadable = new Counter({
      name: 'glidein_pool_messages_unreadable_total',
      help: 'Messages of pilots that broke their schema: what could be saved of them was handled.',
      registers,
    });
    this.#submits = new Histogram({
      name: 'glidein_pool_submit_seconds',
      help: 'Time from a submit to its durable answer.',
      buckets,
      registers,
    });
    this.#commits = new Histogram({
      name: 'glidein_pool_store_commit_seconds',
      help: 'Time from sending a group of records to the store to their being on the disk.',
      buckets,
      registers,
    });
    this.#removed = new Counter({
      name: 'glidein_pool_removed_total',
      help: 'What sweeps have removed because of its age or number: history, clusters, files.',
      labelNames: ['what'],
      registers,
    });
    this.#spoolFiles = new Gauge({
      name: 'glidein_pool_spool_files',
      help: 'Files in the spool at the last sweep.',
      registers,
    });
    this.#spoolBytes = new Gauge({
      name: 'glidein_pool_spool_bytes',
      help: 'Bytes of files in the spool at the last sweep.',
      registers,
    });
    this.#records = new Counter({
      name: 'glidein_pool_store_records_total',
      help: 'Journal records made durable since this process began.',
      registers,
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /**
   * Registers metrics that are counted whenever Prometheus asks.
   * @param deal what limits and quotas leave room for now
   */
  watch(watched: Watched, deal: () => Deal): void {
    const { queue, autoclusters, clock, collector } = watched;
    this.#watchVolume(watched);
    waitingMetrics(this.#registry, { queue, autoclusters, clock, deal });
    const namesSubmitters = watched.settings.metrics !== 'Open';
    this.use = new UseMetrics(this.#registry, clock, watched.accountant, namesSubmitters);
    const slotOf = (pilotUid: string) => collector.get(pilotUid)?.facts.slot;
    this.scores = new ScoreMetrics(this.#registry, clock, slotOf, namesSubmitters);
    const pilots = new PilotMetrics(this.#registry, clock, () => collector.all());
    const slots = new SlotMetrics(this.#registry, () => collector.all());
    this.executions.watch(this.#registry, clock);
    collector.onChange = (pilot, isThere) => {
      pilots.changed(pilot, isThere);
      slots.changed(pilot);
    };
    const registers = [this.#registry];
    new Gauge({
      name: 'glidein_pool_jobs',
      help: 'Jobs in memory by state; ended ones leave it for the history within seconds.',
      labelNames: ['state'],
      registers,
      collect() {
        for (const state of Object.keys(jobStates) as JobState[])
          this.set({ state }, watched.queue.countIn(state));
      },
    });
    new Gauge({
      name: 'glidein_pool_pilots_starting',
      help: 'Pilots on their way to this pool: started and not registered yet, by what sites have said lately.',
      registers,
      collect() {
        const groups = watched.bidders.current().flatMap(({ bid }) => bid.groups);
        this.set(groups.reduce((sum, bid) => sum + (bid.starting ?? startingByPhase(bid)), 0));
      },
    });
    new Gauge({
      name: 'glidein_pool_slots',
      help: 'Claimed: claims that run. Of the rest of each pilot, one slot: Unclaimed, Draining, or Away (no connection).',
      labelNames: ['state'],
      registers,
      collect() {
        for (const [state, count] of Object.entries(slotCounts(watched))) this.set({ state }, count);
      },
    });
  }

  /** A claim of this submitter has begun, or is over. */
  charge(submitter: string, claim: Claim, change: 'begins' | 'over'): void {
    this.use?.charge(submitter, change === 'begins' ? claim.takes.cpus : -claim.takes.cpus);
    if (change === 'over') this.scores?.over(claim);
    else if (this.use !== undefined) this.scores?.begins(claim, this.use.namesOf(submitter));
  }

  /**
   * Puts the accounting into force. Call it when the accountant knows the groups.
   * @param running all claims with their submitters
   */
  accountBy(
    { scoreAttribute }: Pick<Accounting, 'scoreAttribute'>,
    running: Iterable<readonly [submitter: string, claim: Claim]>,
  ): void {
    this.use?.regroup();
    this.scores?.weighBy(scoreAttribute, this.#named(running));
  }

  *#named(running: Iterable<readonly [submitter: string, claim: Claim]>): Iterable<NamedClaim> {
    const { use } = this;
    if (use === undefined) return;
    for (const [submitter, claim] of running) yield [claim, use.namesOf(submitter)];
  }

  /** Sets the number of stored records that could not be read at this start. */
  setAside(records: number): void {
    this.#aside.set(records);
  }

  #watchVolume({ volume }: Watched): void {
    const registers = [this.#registry];
    new Gauge({
      name: 'glidein_pool_volume_bytes',
      help: 'Size of the volume that the pool lives on.',
      registers,
      collect() {
        this.set(volume.sizeBytes);
      },
    });
    new Gauge({
      name: 'glidein_pool_volume_free_bytes',
      help: 'Free space of the volume that the pool lives on.',
      registers,
      collect() {
        this.set(volume.freeBytes);
      },
    });
    new Gauge({
      name: 'glidein_pool_volume_state',
      help: '1 for the present state: Serving; NoSpace, nothing new is taken; Full, nothing can be recorded.',
      labelNames: ['state'],
      registers,
      collect() {
        for (const state of ['Serving', 'NoSpace', 'Full'])
          this.set({ state }, volume.state.state === state ? 1 : 0);
      },
    });
  }

  /** Counts what a sweep removed, and what is left in the spool. */
  swept(removed: Removed, spool: { readonly files: number; readonly bytes: number }): void {
    this.#removed.inc({ what: 'history' }, removed.history);
    this.#removed.inc({ what: 'clusters' }, removed.clusters);
    this.#removed.inc({ what: 'files' }, removed.files);
    this.#spoolFiles.set(spool.files);
    this.#spoolBytes.set(spool.bytes);
  }

  /** What has been counted since this process began, for summaries. */
  async counts(): Promise<JobCounts & Record<'starts' | 'passes' | 'passSeconds', number>> {
    const [jobs, claims, passes] = await Promise.all([
      this.jobs.counts(),
      this.#claims.get(),
      this.#passes.get(),
    ]);
    const { count, sum } = totalsOf(passes.values);
    return { ...jobs, starts: claims.values[0]?.value ?? 0, passes: count, passSeconds: sum };
  }

  /** @param duration of a pass of the negotiator, in milliseconds */
  negotiated(duration: number): void {
    this.#passes.observe(duration / 1000);
  }

  granted(): void {
    this.#granted += 1;
  }

  unreadable(): void {
    this.#unreadable.inc();
  }

  /** @param duration in milliseconds */
  submitted(duration: number): void {
    this.#submits.observe(duration / 1000);
  }

  /** @param duration in milliseconds */
  committed(duration: number, records: number): void {
    this.#commits.observe(duration / 1000);
    this.#records.inc(records);
  }

  /** Prometheus' text format. */
  text(): Promise<string> {
    return metricsText(this.#registry);
  }
}

function slotCounts({
  collector,
  clock,
}: Watched): Record<'Claimed' | 'Unclaimed' | 'Draining' | 'Away', number> {
  const counts = { Claimed: 0, Unclaimed: 0, Draining: 0, Away: 0 };
  const now = clock.monotonic();
  for (const pilot of collector.all()) {
    counts.Claimed += pilot.claims.size;
    if (pilot.connection === undefined) counts.Away += 1;
    else if (!pilot.accepts(now)) counts.Draining += 1;
    else if (pilot.free.cpus >= 1) counts.Unclaimed += 1;
  }
  return counts;
}
