import { Announcer } from '#backend/announcer.ts';
import type { Deaths } from '#backend/deaths.ts';
import type { AnnouncedPilot, Bid, Pool } from '#backend/pool.ts';
import { PoolListener } from '#backend/pool-listener.ts';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { Runnable, Stop } from '#controller/runnable.ts';
import type { KubeClient } from '#kube/client.ts';
import { nameOf } from '#kube/object.ts';
import type { Pod } from '#kube/resource.ts';
import type { Change } from '#kube/store.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Informers } from '../cluster/informers.ts';
import type { PoolResource } from '../cluster/resources.ts';
import { isPilot, pilotPodsOf, poolOfPilot } from '../pods/pilot-pods.ts';
import { podState } from '../pods/state.ts';
import { AbsentPods } from './absent-pods.ts';
import type { DemandBoard } from './demand-board.ts';
import type { PodDeaths } from './pod-deaths.ts';

/** Opens a connection to a pool's own process. */
export type OpenPool = (pool: PoolResource, signal?: AbortSignal) => Promise<Pool>;

export interface DemandListenersOptions {
  readonly informers: Pick<Informers, 'pools' | 'groups' | 'pods'>;
  readonly client: Pick<KubeClient, 'list'>;
  readonly openPool: OpenPool;
  /** What the groups of a pool tell it; pools are named by `NAMESPACE/NAME`. */
  readonly bidTo: (pool: string) => Omit<Bid, 'ask' | 'since'>;
  /** The pilots made for a pool that may be alive. */
  readonly announcedTo: (pool: string) => readonly AnnouncedPilot[];
  readonly demandBoard: DemandBoard;
  readonly deaths: Deaths;
  readonly podDeaths: PodDeaths;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

interface Running {
  readonly listener: PoolListener;
  readonly end: AbortController;
  readonly ended: Promise<void>;
}

/**
 * One listener for each pool, whether or not a group names it: pilots outlive their groups, and their deaths have to be
 * reported.
 */
export class DemandListeners implements Runnable {
  readonly name = 'demand';
  readonly #options: DemandListenersOptions;
  readonly #running = new Map<string, Running>();

  constructor(options: DemandListenersOptions) {
    this.#options = options;
    options.deaths.onDeath((pool) => this.#running.get(pool)?.listener.wake());
  }

  /** What pools said in an earlier term is forgotten before anything else of this one runs. */
  begin(): void {
    this.#options.demandBoard.clear();
  }

  async run({ stop }: Stop): Promise<void> {
    const { informers } = this.#options;
    const unsubscribe = [
      informers.pools.onChange(({ type, object }) => {
        const name = nameOf(object.metadata);
        if (type === 'deleted') this.#end(name);
        else this.#start(name, stop);
        if (object.status?.address !== undefined) this.#retryUnknown(name);
      }),
      informers.pods.onChange((change) => this.#announce(change)),
    ];
    await new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      else stop.addEventListener('abort', () => resolve(), { once: true });
    });
    for (const end of unsubscribe) end();
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
    this.#running.clear();
  }

  #start(name: string, stop: AbortSignal): void {
    if (stop.aborted || this.#running.has(name)) return;
    const end = new AbortController();
    const signal = AbortSignal.any([stop, end.signal]);
    const listener = this.#listenerOf(name, signal);
    this.#running.set(name, { listener, end, ended: listener.run(signal) });
  }

  #end(name: string): void {
    this.#running.get(name)?.end.abort();
    this.#running.delete(name);
    this.#options.demandBoard.forget(name);
    this.#options.deaths.forgetPool(name);
  }

  #listenerOf(name: string, signal: AbortSignal): PoolListener {
    const { informers, bidTo, announcedTo, demandBoard, deaths, podDeaths, clock, random, logger } =
      this.#options;
    const announcer = new Announcer({
      // Each term has its own series, so that late words of an earlier leader are not taken for ours.
      session: Math.floor(random() * 36 ** 10).toString(36),
      living: () => announcedTo(name),
      clock,
    });
    const absent = new AbsentPods({
      ...this.#options,
      pool: name,
      present: () => new Set(pilotPodsOf(name, informers).map(({ metadata }) => metadata.uid ?? '')),
      wasForced: (uid) => podDeaths.wasForced(uid),
    });
    const listener: PoolListener = new PoolListener({
      pool: name,
      open: (until) => this.#open(name, until),
      bid: () => bidTo(name),
      announcer,
      deaths,
      onAnswer: (answer, { at, freshFor }) => {
        const acknowledgedAt = (uid: string) => announcer.acknowledgedAt(uid);
        demandBoard.answered(name, answer, { askedAt: at, freshFor, acknowledgedAt });
        deaths.askAgain(answer.missing);
        listener.wake();
        absent.asked(answer.missing, signal).catch((error: unknown) => {
          if (!signal.aborted) logger.warn({ pool: name, err: error }, 'cannot list the pods');
        });
      },
      onFailure: (error, reason) => {
        logger.debug({ pool: name, err: error }, 'the pool did not answer with its demand');
        demandBoard.failed(name, reason);
      },
      onDeathTold: (pilot, reason) =>
        logger.info({ pool: name, pilot, reason }, 'told the pool that a pilot is dead'),
      onDeathRefused: (pilot, error) =>
        logger.warn({ pool: name, pilot, err: error }, 'the pool rejects the report that a pilot is dead'),
      onAnnouncementRejected: (error) =>
        logger.warn({ pool: name, err: error }, 'the pool rejects an announcement of pilots'),
      clock,
      random,
    });
    return listener;
  }

  async #open(name: string, signal: AbortSignal | undefined): Promise<Pool> {
    const { informers, openPool } = this.#options;
    const resource = informers.pools.store.named(name);
    if (resource === undefined) throw new GlideinError('NotFound', `there is no GlideinPool ${name}`);
    return openPool(resource, signal);
  }

  /** A pool that had no address may have one now. */
  #retryUnknown(name: string): void {
    if (!this.#options.demandBoard.latest(name).known) this.#running.get(name)?.listener.retry();
  }

  /** Only announced pilots may register, so the pool is told at once of each that comes or goes. */
  #announce(change: Change<Pod>): void {
    if (!isPilot(change.object) || (change.type === 'updated' && !hasMoved(change.old, change.object)))
      return;
    const pool = poolOfPilot(change.object, this.#options.informers.groups.store);
    if (pool !== undefined) this.#running.get(pool)?.listener.wake();
  }
}

const hasMoved = (old: Pod, pod: Pod): boolean => podState(old).runtime.state !== podState(pod).runtime.state;
