import { totalmem } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import type { Registry } from 'prom-client';
import type { Clock } from '#base/clock.ts';
import type { GlideinError } from '#base/error.ts';
import { amount } from '#spec/fields.ts';
import type { PoolSpec } from '#spec/pool-spec.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Tracing } from '#telemetry/span.ts';
import { AccountBook } from './accounting/account-book.ts';
import { Accountant } from './accounting/accountant.ts';
import { submitterIn } from './accounting/submitter-name.ts';
import { AuditTrail } from './audit/audit-trail.ts';
import { TrustedProxies } from './audit/trusted-proxies.ts';
import { Authenticator } from './auth/authenticator.ts';
import { Collector } from './collector/collector.ts';
import { LeaseWatch } from './collector/lease-watch.ts';
import { environmentFor } from './jobs/environment.ts';
import type { Claim, Job } from './jobs/job.ts';
import { JobAds } from './jobs/job-ads.ts';
import { ParsedTexts } from './jobs/parsed-texts.ts';
import { PoolMetrics } from './metrics/pool-metrics.ts';
import { Autoclusters } from './negotiator/autoclusters.ts';
import { ClaimReuse } from './negotiator/claim-reuse.ts';
import { Claims } from './negotiator/claims.ts';
import { ConcurrencyLimits } from './negotiator/concurrency-limits.ts';
import { Materialization } from './negotiator/materialization.ts';
import { Negotiator } from './negotiator/negotiator.ts';
import { NoopJobs } from './negotiator/noop-jobs.ts';
import { Pilots } from './negotiator/pilots.ts';
import { Sorting } from './negotiator/sorting.ts';
import { Backoff } from './queue/backoff.ts';
import { Backups } from './queue/backups.ts';
import type { Changed } from './queue/changed.ts';
import { Defects } from './queue/defects.ts';
import { KnownKeys } from './queue/known-keys.ts';
import { Ledger } from './queue/ledger.ts';
import { hasMemoryForJob, type MemoryShares, memoryShares } from './queue/memory.ts';
import { PeriodicWatch } from './queue/periodic-watch.ts';
import { Queue } from './queue/queue.ts';
import type { Replay } from './queue/replay.ts';
import { Retention } from './queue/retention.ts';
import { Apportioning } from './registry/apportioning.ts';
import { Bidders } from './registry/bidders.ts';
import { Bids } from './registry/bids.ts';
import { ChangeSignal } from './registry/change-signal.ts';
import { roomInLimits } from './registry/room-in-limits.ts';
import type { PoolSettings } from './settings.ts';
import type { Blobs } from './spool/blobs.ts';
import { FileQuota } from './spool/file-quota.ts';
import type { Volume } from './spool/volume.ts';
import { openStorage, type Storage } from './storage.ts';
import type { PromisedLease } from './store/promised-lease.ts';
import type { Store } from './store/store.ts';
import { jobTracing } from './tracing/job-tracing.ts';

/** Disk that the end of a job needs (reason, time, its row in the history), relative to the memory that the job takes. */
const endShare = 0.25;

/** The memory limit of the container, or the machine's memory if there is no limit. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Who is charged for a claim. */
const submitterOf = ({ cluster }: Job, { submitter }: Claim): string =>
  submitter ?? submitterIn(undefined, cluster.owner);

interface CoreOptions {
  readonly settings: PoolSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The store has failed: end the process. The next one reads what is on the disk. */
  readonly onBroken: (error: GlideinError) => void;
  /** Where the pool registers its metrics; a new registry if absent. */
  readonly registry?: Registry;
  /** Opens what the pool has on its disk; {@link openStorage} if absent. */
  readonly storage?: typeof openStorage;
  /** Where spans go; there are none if absent. */
  readonly tracing?: Tracing | undefined;
}

/**
 * The pool without its server: creates the parts, connects them, starts them and ends them. It decides nothing itself; it is
 * long because it names every part.
 */
export class Core {
  readonly settings: PoolSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly key: Uint8Array;
  readonly authenticator: Authenticator;
  readonly store: Store;
  readonly volume: Volume;
  readonly memory: MemoryShares;
  readonly retention: Retention | undefined;
  readonly blobs: Blobs;
  readonly backups: Backups;
  readonly quota = new FileQuota();
  readonly accountant = new Accountant();
  readonly accountBook: AccountBook;
  readonly queue = new Queue((job, claim, change) => {
    const submitter = submitterOf(job, claim);
    const cores = change === 'begins' ? claim.takes.cpus : -claim.takes.cpus;
    this.accountant.charge(submitter, cores, this.clock.monotonic());
    this.metrics.charge(submitter, claim, change);
    if (change === 'begins') return;
    const slot = () => this.collector.get(claim.pilotUid)?.facts.slot;
    this.metrics.executions.claimEnded(job, claim, this.clock.wall(), slot);
  });
  readonly keys = new KnownKeys();
  readonly limits = new ConcurrencyLimits(this.queue.taken);
  readonly ads = new JobAds();
  /** The texts of groups' templates, which sites repeat, and of slots, which are like them. */
  readonly templateTexts = new ParsedTexts();
  readonly backoff: Backoff;
  readonly defects: Defects;
  readonly autoclusters: Autoclusters;
  readonly materialization = new Materialization();
  readonly collector: Collector;
  readonly bidders: Bidders;
  readonly apportioning: Apportioning;
  readonly demandChange: ChangeSignal;
  /** Changes when there is a new event for an owner of jobs. */
  readonly eventChange: ChangeSignal;
  /** Changes when further acts can be read in the audit. */
  readonly auditChange: ChangeSignal;
  readonly audit: AuditTrail;
  readonly generation: string;
  readonly ledger: Ledger;
  readonly claims: Claims;
  readonly servingSince: number;
  readonly pilots: Pilots;
  readonly bids: Bids;
  readonly metrics: PoolMetrics;
  readonly #negotiator: Negotiator;
  readonly #sorting: Sorting;
  readonly #noop: NoopJobs;
  readonly #periodic: PeriodicWatch;
  #closed = false;
  #leases: LeaseWatch | undefined;

  private constructor(options: CoreOptions, storage: Storage, metrics: PoolMetrics) {
    const { settings, clock, logger } = options;
    this.settings = settings;
    this.clock = clock;
    this.logger = logger;
    this.key = storage.key;
    this.authenticator = new Authenticator({ key: storage.key, clock });
    this.store = storage.store;
    this.volume = storage.volume;
    this.volume.room.setAside(() => endShare * this.queue.bytes);
    this.memory = memoryShares(
      { heap: getHeapStatistics().heap_size_limit, limit: memoryLimit() },
      settings.jobMemoryBytes,
    );
    this.blobs = storage.blobs;
    this.accountBook = new AccountBook({
      accountant: this.accountant,
      store: storage.store,
      clock,
      inBackground: (work) => this.inBackground(work),
    });
    this.backups = new Backups({ directory: settings.directory, store: this.store, volume: this.volume });
    this.collector = new Collector(clock, this.templateTexts.parse);
    this.bidders = new Bidders(clock);
    this.demandChange = new ChangeSignal(clock);
    this.apportioning = new Apportioning({
      bidders: this.bidders,
      collector: this.collector,
      clock,
      onShift: () => this.demandChange.changed(),
    });
    this.eventChange = new ChangeSignal(clock);
    this.auditChange = new ChangeSignal(clock);
    this.audit = new AuditTrail({
      store: this.store,
      clock,
      proxies: new TrustedProxies(settings.trustedProxies),
      hasRoom: () => this.volume.state.state !== 'Full',
      orFull: (recorded) => this.volume.orFull(recorded),
      inBackground: (work) => this.inBackground(work),
    });
    this.generation = storage.head.generation;
    this.servingSince = clock.monotonic();
    const later = (run: () => void) => setImmediate(() => this.#closed || run());
    this.#sorting = new Sorting({
      later,
      onSorted: () => this.#negotiator.wake(),
    });
    this.backoff = new Backoff({
      clock,
      onReady: (jobs) => this.#sorting.take(this.#sort({ jobs, fresh: [] })),
    });
    this.#noop = new NoopJobs({
      ad: (job) => this.ads.whole(job),
      environment: () => environmentFor(clock, 1),
      backsOff: (job) => this.backoff.has(job),
      canRecord: () => this.volume.state.state !== 'Full',
      end: (job, outcome) => this.claims.endWithoutPilot(job, outcome),
      again: (fresh) => this.#sorting.take(this.#sort({ jobs: [], fresh: [fresh] })),
    });
    const traced = options.tracing && jobTracing(options.tracing, storage.key, clock);
    this.defects = new Defects({
      traceIdOf: traced?.traceIdOf,
      find: (key) => this.queue.find(key),
      ledger: () => this.ledger,
      clock,
      logger,
      inBackground: (work) => this.inBackground(work),
      revoke: (claim, reason) => this.claims.revoke(claim, reason),
    });
    this.autoclusters = new Autoclusters(this.ads, {
      backsOff: (job) => this.backoff.has(job) || this.#noop.has(job),
      offered: (fresh) => this.materialization.offered(fresh),
      onDefect: (job, error) => this.defects.found(job, error),
      later,
      onSorted: () => this.#negotiator.wake(),
      now: () => clock.monotonic(),
    });
    this.ledger = new Ledger({
      queue: this.queue,
      store: storage.store,
      clock,
      mostEnded: () => this.retention?.mostJobs,
      onRecord: (transition, changed, durable) => {
        this.metrics.jobs.recorded(transition, changed);
        traced?.recorded(transition, changed, durable);
      },
      onEvent: () => this.eventChange.changed(),
      onChange: (changed) => this.#sorting.take(this.#sort(changed)),
    });
    const { queue, ledger, ads, collector, store } = this;
    const canRecord = () => this.volume.state.state !== 'Full';
    const hasMemory = (owner: string) => hasMemoryForJob(this.memory, queue, owner);
    this.claims = new Claims({
      generation: storage.head.generation,
      mostLostPilots: settings.mostLostPilots,
      memory: this.memory,
      queue,
      ledger,
      ads,
      collector,
      store,
      clock,
      logger,
      traceOf: traced?.traceOf,
      submitterOf: (job) => this.autoclusters.of(job)?.submitter ?? submitterIn(undefined, job.cluster.owner),
      reuse: new ClaimReuse({
        autoclusters: this.autoclusters,
        ads,
        limits: this.limits,
        clock,
        canRecord,
        hasMemory,
        onReuse: () => this.metrics.granted(),
        mayReuse: (autocluster) => this.autoclusters.submitters.isFirst(autocluster),
      }),
      later,
      inBackground: (work) => this.inBackground(work),
    });
    this.#negotiator = new Negotiator({
      autoclusters: this.autoclusters,
      collector,
      ads,
      limits: this.limits,
      turns: (waiting, cores) => this.accountant.turns(waiting, cores, clock.monotonic()),
      clock,
      canRecord,
      hasMemory,
      grant: (...granted) => {
        this.claims.grant(...granted);
        this.metrics.granted();
      },
      onDefect: (job, error) => this.defects.found(job, error),
      onPass: () => this.demandChange.changed(),
      onTime: (milliseconds) => this.metrics.negotiated(milliseconds),
    });
    this.#periodic = new PeriodicWatch({
      queue,
      ads,
      clock,
      logger,
      interval: settings.periodicSeconds * 1000,
      record: (transition) => ledger.record(transition),
      revoke: (claim, reason) => this.claims.revoke(claim, reason),
      onDefect: (job, reason) => this.defects.found(job, reason),
      hasMemoryFor: ({ cluster, proc }) =>
        queue.fresh(cluster.id)?.procs.has(proc) !== true ||
        hasMemoryForJob(this.memory, queue, cluster.owner),
      canRecord: () => this.volume.state.state !== 'Full',
    });
    this.pilots = new Pilots({
      collector,
      claims: this.claims,
      autoclusters: this.autoclusters,
      negotiator: this.#negotiator,
    });
    this.bids = new Bids({
      autoclusters: this.autoclusters,
      bidders: this.bidders,
      clock,
      logger,
      onLapse: () => this.demandChange.changed(),
    });
    const { retention } = settings;
    this.retention =
      retention &&
      new Retention({
        limits: retention,
        queue,
        store,
        blobs: storage.blobs,
        quota: this.quota,
        volume: storage.volume,
        clock,
        logger,
        onSwept: (removed, spool) => metrics.swept(removed, spool),
      });
    this.queue.lastCluster = storage.head.lastCluster;
    this.metrics = metrics;
    const templates = () => this.apportioning.templates();
    const { limits, accountant } = this;
    this.metrics.watch(this, () => roomInLimits({ limits, accountant, templates, clock }));
  }

  /** Opens the pool in its directory and restores the state in which the previous process left it. */
  static async open(options: CoreOptions): Promise<Core> {
    const { settings, clock, logger, onBroken, storage: open = openStorage } = options;
    let opened: Core | undefined;
    const metrics = new PoolMetrics(options.registry);
    const storage = await open({
      settings,
      clock,
      logger,
      onBroken,
      onRoom() {
        if (opened === undefined) return;
        // While nothing could be recorded, no claim was granted.
        opened.#noop.tryAgain();
        opened.#negotiator.wake();
      },
      onCommit: (milliseconds, records) => metrics.committed(milliseconds, records),
      onAudit: () => opened?.auditChange.changed(),
    });
    const core = new Core(options, storage, metrics);
    opened = core;
    core.#takeOver(await core.ledger.replay(core.store.stored()));
    metrics.executions.begin();
    await core.accountBook.open();
    core.inBackground(core.keys.read(core.store, core.queue.clusters()));
    for (const { id } of core.queue.clusters()) core.queue.lastCluster = Math.max(core.queue.lastCluster, id);
    // Demand is known only once every job is in its autocluster.
    while (core.#sorting.isUnderWay) await nextTurn();
    core.#watchLeases(storage.promisedLease);
    core.#negotiator.watchTime();
    core.#periodic.start();
    core.retention?.start();
    return core;
  }

  /** Sorts what has changed, in steps. */
  *#sort({ jobs, fresh }: Changed): Iterator<void> {
    for (const job of jobs) {
      this.backoff.update(job);
      this.#noop.update(job);
      this.autoclusters.update(job);
      if (this.materialization.update(job)) yield* this.#offerMore(job.cluster.id);
      yield;
    }
    for (const each of fresh) {
      if (yield* this.#noop.updateFresh(each)) yield* this.autoclusters.updateFresh(each);
      yield;
    }
  }

  *#offerMore(cluster: number): Generator<void, void> {
    const fresh = this.queue.fresh(cluster);
    // At the start all jobs are counted first.
    if (fresh === undefined || !this.autoclusters.hasFresh(fresh)) return;
    yield* this.autoclusters.offerFresh(fresh, this.materialization.more(fresh));
  }

  /** Handles records of the previous process that cannot be read: their jobs are held with the reason; a log line and a metric report the rest. */
  #takeOver({ aside, unreadable, faulty }: Pick<Replay, 'aside' | 'unreadable' | 'faulty'>): void {
    for (const [job, reason] of unreadable) this.ads.cannotRead(job, reason);
    for (const [job, reason] of faulty) this.defects.found(job, reason);
    for (const { source, name, reason } of aside)
      this.logger.error({ source, name, reason }, 'record set aside: it cannot be read');
    this.metrics.setAside(aside.length);
  }

  /** For work that nobody awaits: if it fails, that is logged as a defect and does not end the pool. */
  inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#closed) this.logger.error({ err: error }, 'work in the background failed');
    });
  }

  /** Puts a new specification of the pool into force. */
  applySpec({ issuers, concurrencyLimits, filesPerOwner, accounting }: PoolSpec): void {
    this.quota.set(filesPerOwner === undefined ? undefined : amount(filesPerOwner));
    this.authenticator.trust(issuers);
    this.limits.set(concurrencyLimits);
    this.accountant.configure(accounting, this.clock.monotonic());
    this.metrics.accountBy(accounting ?? {}, this.#charged());
    this.pilots.changed();
  }

  /** All claims, with who is charged for each. */
  *#charged(): Iterable<readonly [submitter: string, claim: Claim]> {
    for (const pilot of this.queue.claimants())
      for (const job of this.queue.heldBy(pilot)) yield [submitterOf(job, job.claim), job.claim];
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#leases?.close();
    this.#negotiator.close();
    this.bids.close();
    this.#periodic.close();
    this.backoff.close();
    this.volume.close();
    for (const pilot of this.collector.all()) pilot.connection?.close('the pool ends');
    await this.retention?.close();
    this.audit.close();
    await this.ledger.close();
    await this.accountBook.close();
    await this.store.close();
  }

  #watchLeases(promised: PromisedLease): void {
    this.#leases = new LeaseWatch({
      collector: this.collector,
      clock: this.clock,
      leaseSeconds: this.settings.leaseSeconds,
      formerSeconds: promised.former,
      claimants: this.queue.claimants(),
      over: (uid, reason) => this.inBackground(this.pilots.lose(uid, reason)),
      formerIsOver: () => this.inBackground(promised.formerIsOver()),
    });
  }
}
