import type { Clock } from '#base/clock.ts';
import type { ReconcileContext } from '#controller/controller.ts';
import { done, type Result, requeueAfter, TerminalError } from '#controller/result.ts';
import type { KubeClient } from '#kube/client.ts';
import type { EventRecorder } from '#kube/event-recorder.ts';
import { isInvalid } from '#kube/kube-error.ts';
import { nameOf } from '#kube/object.ts';
import type { StatefulSet } from '#kube/resource.ts';
import type { Informers } from '../cluster/informers.ts';
import { poolKey, poolNames } from '../cluster/names.ts';
import { type PoolResource, pools } from '../cluster/resources.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import type { DemandBoard } from '../demand/demand-board.ts';
import { findWorkload } from '../pods/find-workload.ts';
import { notReady, readiness } from '../pods/readiness.ts';
import type { Finding } from '../status/conditions.ts';
import { WritePace } from '../status/write-pace.ts';
import { ClusterKeys } from './cluster-keys.ts';
import {
  cannotBeMade,
  demandKnown,
  demandUnknown,
  nameTooLong,
  noSpace,
  storageAsWanted,
} from './conditions.ts';
import { ensureCertificates } from './ensure-certificates.ts';
import { ensureWorkload } from './ensure-workload.ts';
import { authorityMade, becameReady, certificateMade } from './events.ts';
import { askPool } from './inspect.ts';
import type { PoolAccess } from './pool-access.ts';
import { storageDrift } from './stateful-set.ts';
import { type Inspected, nextStatus } from './status.ts';

/** How often a pool is asked for its counts, milliseconds. */
const askEveryMs = 15_000;

/** How soon it is asked again when it did not answer: a Service takes a moment to reach a new pod. Milliseconds. */
const askAgainMs = 5_000;

/** How often everything is applied again although nothing changed: keys rotate, and others may write too. Milliseconds. */
const ensureEveryMs = 300_000;

const program = { name: 'pool', firstIt: 'is reading its store' } as const;

export interface PoolServices {
  readonly client: KubeClient;
  readonly informers: Pick<Informers, 'pools' | 'groups' | 'pods' | 'statefulSets'>;
  readonly poolAccess: Pick<PoolAccess, 'open' | 'forget'>;
  readonly demandBoard: Pick<DemandBoard, 'latest'>;
  readonly recorder: EventRecorder;
  readonly settings: SiteSettings;
  readonly clock: Clock;
  /** Digests of tokens that open its metrics, besides its own tokens. */
  readonly scrapeDigests: () => Promise<readonly string[]>;
}

/** Ensure, inspect, report: for one pool at a time. It remembers what it applied. */
export class PoolReconciler {
  readonly #services: PoolServices;
  readonly #keys: ClusterKeys;
  readonly #pace: WritePace;
  /** What was applied, and when, so that merely asking a pool for its counts costs no writes. */
  readonly #ensured = new Map<string, { readonly what: string; readonly at: number }>();

  constructor(services: PoolServices) {
    this.#services = services;
    this.#pace = new WritePace(services.clock);
    this.#keys = new ClusterKeys(services);
  }

  async reconcile(name: string, context: ReconcileContext): Promise<Result> {
    const pool = this.#services.informers.pools.store.named(name);
    if (pool === undefined) {
      this.#ensured.delete(name);
      await this.#services.poolAccess.forget(name);
      return done;
    }
    // What belongs to it is being collected; anything created now would be collected too, or get in the way.
    if (pool.metadata.deletionTimestamp !== undefined) return done;
    const refused = nameTooLong(pool);
    if (refused !== undefined) {
      await this.#report(pool, { conditions: [refused, demandUnknown(refused)] }, context.signal);
      return done;
    }
    await this.#ensureOrReport(name, pool, context.signal);
    const inspected = await this.#inspect(pool, context);
    await this.#report(pool, inspected, context.signal);
    const usual = inspected.counts === undefined ? askAgainMs : askEveryMs;
    return requeueAfter(Math.min(usual, 1 + (this.#pace.takeOwed(pool.metadata.uid ?? '') ?? usual)));
  }

  async #ensureOrReport(name: string, pool: PoolResource, signal: AbortSignal): Promise<void> {
    const { clock } = this.#services;
    const last = this.#ensured.get(name);
    const recent = last !== undefined && clock.monotonic() - last.at < ensureEveryMs;
    if (recent && last.what === wantedAndMade(pool, this.#statefulSet(pool))) return;
    try {
      const made = await this.#ensure(pool, signal);
      this.#ensured.set(name, { what: wantedAndMade(pool, made), at: clock.monotonic() });
    } catch (error) {
      signal.throwIfAborted();
      const ready = cannotBeMade(error);
      await this.#report(pool, { ...addressOf(pool), conditions: [ready, demandUnknown(ready)] }, signal);
      throw isInvalid(error) ? new TerminalError(ready.message, error) : error;
    }
  }

  async #ensure(pool: PoolResource, signal: AbortSignal): Promise<StatefulSet> {
    const { recorder } = this.#services;
    const { authorityMade: newAuthority, serverMade } = await ensureCertificates(
      this.#services,
      pool,
      signal,
    );
    if (newAuthority) recorder.record(pools, pool, authorityMade);
    if (serverMade) recorder.record(pools, pool, certificateMade);
    return ensureWorkload(this.#services, this.#keys, pool, this.#statefulSet(pool), signal);
  }

  async #inspect(pool: PoolResource, context: ReconcileContext): Promise<Inspected> {
    const names = poolNames(poolKey(pool));
    const workload = await findWorkload(this.#services, { program, names }, poolKey(pool), context.signal);
    const ready = readiness(workload, this.#services.clock.wall());
    const storage = storageAsWanted(storageDrift(pool, this.#statefulSet(pool)));
    const { address } = names;
    if (ready.status !== 'True') return { address, conditions: [ready, demandUnknown(ready), storage] };
    const answer = await askPool(this.#services, { ...pool, status: { ...pool.status, address } }, context);
    const full = answer.counts === undefined ? undefined : noSpace(answer.counts, names);
    const known = this.#demandKnown(pool, answer.demandKnown);
    return { address, conditions: [full ?? ready, known, storage], counts: answer.counts };
  }

  /** The condition agrees with what groups know of the demand: a pool that answers may not know it yet. */
  #demandKnown(pool: PoolResource, answered: Finding): Finding {
    const name = nameOf(pool.metadata);
    const isAsked = this.#services.informers.groups.store.indexed('pool', name).length > 0;
    const demand = this.#services.demandBoard.latest(name);
    if (answered.status !== 'True' || !isAsked || demand.known) return answered;
    return demandKnown('False', 'DemandUnknown', demand.reason);
  }

  async #report(pool: PoolResource, inspected: Inspected, signal: AbortSignal): Promise<void> {
    const { client, clock, recorder } = this.#services;
    const status = nextStatus(pool, inspected, clock.wall());
    const { uid = '' } = pool.metadata;
    if (status === undefined || !this.#pace.allows(uid)) return;
    const key = poolKey(pool);
    await client.applyStatus(pools, { metadata: { ...key, uid }, status }, {}, signal);
    this.#pace.wrote(uid);
    const ready = inspected.conditions.find(({ type }) => type === 'Ready');
    const before = pool.status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready === undefined || ready.reason === before?.reason) return;
    recorder.record(pools, pool, ready.status === 'True' ? becameReady : notReady(ready));
  }

  #statefulSet(pool: PoolResource): StatefulSet | undefined {
    const { namespace, name } = poolKey(pool);
    const { statefulSet } = poolNames({ namespace, name });
    return this.#services.informers.statefulSets.store.get({ namespace, name: statefulSet });
  }
}

/** Equal as long as neither the resource nor the StatefulSet has changed. */
const wantedAndMade = (pool: PoolResource, made: StatefulSet | undefined): string =>
  JSON.stringify([pool, made].map((object) => [object?.metadata.uid, object?.metadata.generation]));

const addressOf = (pool: PoolResource) => ({ address: pool.status?.address });
