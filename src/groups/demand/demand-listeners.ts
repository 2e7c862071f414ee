import type { Clock } from '#base/clock.ts';
import type { Runnable, Stop } from '#controller/runnable.ts';
import { keyOf, nameOf } from '#kube/object.ts';
import type { Pod } from '#kube/resource.ts';
import type { Change } from '#kube/store.ts';
import type { Logger } from '#telemetry/logger.ts';
import { endReason, standingOf } from '../group/carrier.ts';
import { proofOfDeath } from '../group/fault-of.ts';
import type { Informers } from '../informers.ts';
import { besides } from '../informers.ts';
import { labelOf } from '../labels.ts';
import type { DemandBoard } from './demand-board.ts';
import { DemandListener } from './demand-listener.ts';
import type { Graveyard } from './graveyard.ts';
import { type OfferSources, offerTo } from './offer.ts';
import type { PoolDoor } from './pool-door.ts';

export interface DemandListenersOptions extends OfferSources {
  readonly informers: Pick<Informers, 'pools' | 'groups' | 'policies' | 'pods'>;
  readonly door: PoolDoor;
  readonly demand: DemandBoard;
  readonly graveyard: Graveyard;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** One listener for every pool that a group names, as groups come and go. */
export class DemandListeners implements Runnable {
  readonly name = 'demand';
  readonly #options: DemandListenersOptions;
  readonly #running = new Map<
    string,
    { readonly listener: DemandListener; readonly end: AbortController; readonly ended: Promise<void> }
  >();

  /** Pools by group, also of groups that are gone: their pods end after them. */
  readonly #pools = new Map<string, string>();

  constructor(options: DemandListenersOptions) {
    this.#options = options;
    options.informers.groups.onChange(({ object }) => {
      this.#pools.set(nameOf(object.metadata), besides(object, object.spec.poolRef.name));
    });
    // Deaths are noted also while another process leads: this one may have to prove them.
    options.informers.pods.onChange((change) => this.#bury(change));
    options.graveyard.onDeath((pool) => this.#running.get(pool)?.listener.wake());
  }

  async run({ stop }: Stop): Promise<void> {
    const { informers } = this.#options;
    const update = () => this.#update(stop);
    const unsubscribe = [
      informers.groups.onChange(update),
      informers.pools.onChange(({ object }) => {
        update();
        if (object.status?.address !== undefined) this.#wakeUnknown(nameOf(object.metadata));
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

  #update(stop: AbortSignal): void {
    if (stop.aborted) return;
    const { informers } = this.#options;
    const named = new Set(
      [...informers.groups.store.all()].map((each) => besides(each, each.spec.poolRef.name)),
    );
    for (const pool of named) if (!this.#running.has(pool)) this.#start(pool, stop);
    for (const [pool, { end }] of this.#running) {
      if (named.has(pool)) continue;
      end.abort();
      this.#running.delete(pool);
      this.#options.demand.forget(pool);
    }
  }

  #start(name: string, stop: AbortSignal): void {
    const { informers, demand: board } = this.#options;
    const end = new AbortController();
    const listener = new DemandListener({
      ...this.#options,
      name,
      board,
      find: () => informers.pools.store.get(keyOf(name)),
      offer: () => offerTo(name, this.#options),
    });
    const ended = listener.run(AbortSignal.any([stop, end.signal]));
    this.#running.set(name, { listener, end, ended });
  }

  /** A pool that had no address may have one now. */
  #wakeUnknown(name: string): void {
    if (!this.#options.demand.heard(name).known) this.#running.get(name)?.listener.wake();
  }

  /** Only announced pilots may register, so the pool hears of each new one at once. */
  #announce(change: Change<Pod>): void {
    if (change.type === 'updated' || (change.type === 'added' && change.initial)) return;
    const pool = this.#poolOf(change.object);
    if (pool !== undefined) this.#running.get(pool)?.listener.wake();
  }

  #bury({ object: pod }: Change<Pod>): void {
    const proof = proofOfDeath(pod);
    const pool = proof === undefined ? undefined : this.#poolOf(pod);
    const uid = pod.metadata.uid;
    if (proof === undefined || pool === undefined || uid === undefined) return;
    const ended = standingOf(pod).carrier.state === 'Ended';
    this.#options.graveyard.bury(uid, pool, ended ? `${proof}: ${endReason(pod)}` : proof);
  }

  /** The pool of a pilot's pod. */
  #poolOf(pod: Pod): string | undefined {
    const { labels } = pod.metadata;
    const group = labels?.[labelOf.group];
    if (group === undefined || labels?.[labelOf.component] !== 'pilot') return undefined;
    return this.#pools.get(besides(pod, group));
  }
}
