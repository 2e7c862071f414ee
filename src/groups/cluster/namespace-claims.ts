import type { Clock } from '#base/clock.ts';
import { untilAborted } from '#base/or-aborted.ts';
import type { ChangeSource } from '#controller/controller.ts';
import type { Runnable, Stop } from '#controller/runnable.ts';
import type { KubeClient } from '#kube/client.ts';
import type { Happening } from '#kube/event.ts';
import type { EventRecorder } from '#kube/event-recorder.ts';
import { type HeldLease, LeaderElection, type LeaderElectionOptions } from '#kube/lease.ts';
import type { KubeObject } from '#kube/object.ts';
import type { Change } from '#kube/store.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Informers } from './informers.ts';
import { namespaceLease } from './names.ts';
import { imageSets, pools } from './resources.ts';

/** Milliseconds, as of every lease. */
export type ClaimTimes = Pick<LeaderElectionOptions, 'durationMs' | 'renewDeadlineMs' | 'retryMs'>;

export interface NamespaceClaimsOptions extends ClaimTimes {
  readonly client: KubeClient;
  readonly informers: Pick<Informers, 'pools' | 'groups' | 'policies' | 'imageSets'>;
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Who holds: `NAMESPACE/NAME` of the Lease by which this installation's own processes choose who leads. */
  readonly holder: string;
}

/** A namespace in which there is something to serve. */
interface Wanted {
  readonly empty: AbortController;
  readonly ended: Promise<void>;
}

/**
 * The namespaces that this installation serves: one with our resources is claimed by a Lease in it, so that of two installations
 * which see it only one is at work there. The other waits, and says so.
 *
 * All processes of an installation claim as one, because only one of them leads. So a change of leaders, a restart and an upgrade
 * hand no namespace to another installation: a claim is not released when a term ends, it expires. It is released once nothing
 * is left in the namespace.
 *
 * A claim needs two small requests each half a minute, however much there is in the namespace.
 */
export class NamespaceClaims implements Runnable {
  readonly name = 'namespaces';
  readonly #options: NamespaceClaimsOptions;
  readonly #held = new Map<string, HeldLease>();
  /** Who serves the others, by namespace. */
  readonly #others = new Map<string, string>();
  readonly #handlers = new Set<(namespace: string, isHeld: boolean) => void>();

  constructor(options: NamespaceClaimsOptions) {
    this.#options = options;
  }

  /** Whether this installation may write in the namespace at this instant. */
  holds(namespace: string): boolean {
    return this.#held.get(namespace)?.holds() ?? false;
  }

  get held(): readonly string[] {
    return [...this.#held.keys()].filter((namespace) => this.holds(namespace));
  }

  /** Namespaces that this installation sees and another serves. */
  get servedByOthers(): readonly string[] {
    return [...this.#others.keys()];
  }

  /** Tells of each namespace that is served from now on, or no longer. */
  onChange(handler: (namespace: string, isHeld: boolean) => void): void {
    this.#handlers.add(handler);
  }

  begin(): void {
    for (const namespace of this.#held.keys()) this.#drop(namespace);
    this.#others.clear();
  }

  async run({ stop }: Stop): Promise<void> {
    const wanted = new Map<string, Wanted>();
    const counts = new Map<string, number>();
    const count = ({ type, object }: Change<KubeObject>): void => {
      const { namespace = '' } = object.metadata;
      if (type === 'updated') return;
      const number = (counts.get(namespace) ?? 0) + (type === 'added' ? 1 : -1);
      counts.set(namespace, number);
      if (number === 0) wanted.get(namespace)?.empty.abort();
      if (number !== 1 || type !== 'added') return;
      const before = wanted.get(namespace)?.ended;
      const empty = new AbortController();
      wanted.set(namespace, { empty, ended: this.#serve(namespace, empty.signal, stop, before) });
    };
    const { pools, policies, imageSets, groups } = this.#options.informers;
    const sources: readonly ChangeSource<KubeObject>[] = [pools, policies, imageSets, groups];
    const unsubscribe = sources.map((source) => source.onChange(count));
    await untilAborted(stop);
    for (const end of unsubscribe) end();
    await Promise.all([...wanted.values()].map(({ ended }) => ended));
  }

  /** Claims the namespace, again whenever the claim is lost, until it is empty or the term ends. */
  async #serve(
    namespace: string,
    empty: AbortSignal,
    stop: AbortSignal,
    before?: Promise<void>,
  ): Promise<void> {
    await before;
    const until = AbortSignal.any([empty, stop]);
    const election = this.#election(namespace);
    while (!until.aborted) {
      const lease = await election.acquire(until).catch(() => undefined);
      this.#others.delete(namespace);
      if (lease === undefined) return;
      this.#take(namespace, lease);
      await untilAborted(AbortSignal.any([until, lease.signal]));
      // What is in work may go on for a moment after the end of the term was announced.
      if (stop.aborted) return lease.keep();
      this.#drop(namespace);
      await lease.release();
    }
  }

  #election(namespace: string): LeaderElection {
    const {
      logger,
      holder,
      durationMs = 120_000,
      renewDeadlineMs = 90_000,
      retryMs = 30_000,
    } = this.#options;
    return new LeaderElection({
      ...this.#options,
      durationMs,
      renewDeadlineMs,
      retryMs,
      logger: logger.child({ namespace }),
      lease: { namespace, name: namespaceLease },
      identity: holder,
      onWait: (other) => this.#noteOther(namespace, other),
    });
  }

  #take(namespace: string, lease: HeldLease): void {
    this.#held.set(namespace, lease);
    this.#options.logger.info({ namespace }, 'this installation serves the namespace');
    for (const handler of this.#handlers) handler(namespace, true);
  }

  #drop(namespace: string): void {
    this.#held.delete(namespace);
    for (const handler of this.#handlers) handler(namespace, false);
  }

  #noteOther(namespace: string, other: string): void {
    if (this.#others.get(namespace) === other) return;
    this.#others.set(namespace, other);
    const { informers, recorder, logger, holder } = this.#options;
    logger.warn(
      { namespace, servedBy: other, holder },
      'another installation serves the namespace; nothing is done there',
    );
    const happening = servedByAnother(other, holder);
    const isHere = ({ metadata }: KubeObject) => metadata.namespace === namespace;
    for (const pool of informers.pools.store.all()) if (isHere(pool)) recorder.record(pools, pool, happening);
    for (const set of informers.imageSets.store.all())
      if (isHere(set)) recorder.record(imageSets, set, happening);
  }
}

const servedByAnother = (other: string, own: string): Happening => ({
  type: 'Warning',
  reason: 'ServedByAnother',
  action: 'Serve',
  note: `the operator ${own} leaves this namespace alone, because the operator ${other} serves it; let only one of them see it`,
});
