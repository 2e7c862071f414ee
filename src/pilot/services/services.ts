import type { Service } from '#spec/services/service.ts';
import type { Discovery, PayloadPlace } from '../payload/claim/discovery.ts';
import type { Contribution } from '../slots/advertised.ts';
import { CachedResults } from './cached-results.ts';
import { discoveryOf } from './discovery-of.ts';
import { type InstancePlace, instancePlaces } from './instance-places.ts';
import type { ResultCache } from './result-cache.ts';
import { serviceAttributes } from './service-attributes.ts';
import { ServiceInstance } from './service-instance.ts';
import type { ServiceContext } from './service-run.ts';
import { isOver } from './service-state.ts';

export interface ServicesOptions {
  readonly services: readonly Service[];
  /** GPUs of the whole pilot. */
  readonly gpus: number;
  readonly context: ServiceContext;
  readonly cache: Pick<ResultCache, 'findOrBegin' | 'store' | 'giveBack'>;
  /** Called with what the slot says of the services: at once, and after each change. */
  readonly advertise: (attributes: Contribution) => void;
  /** A service without which the pilot is of no use will not come back. */
  readonly lost: (reason: string) => void;
}

/**
 * The services of a pilot. Each starts when what it depends on is there.
 *
 * | when                                                                 | then                                    |
 * |----------------------------------------------------------------------|-----------------------------------------|
 * | `begin`                                                              | all that depend on nothing start        |
 * | an instance changes                                                  | those that waited for it start, or fail |
 * | what runs before payloads is over, and what is required is usable    | `begin` resolves                        |
 * | a required one is over before that                                   | `begin` resolves with the reason        |
 * | a required one is over later                                         | `lost`                                  |
 * | `end`                                                                | all are stopped at the same time        |
 */
export class Services {
  readonly #options: ServicesOptions;
  readonly #all: readonly { readonly place: InstancePlace; readonly instance: ServiceInstance }[];
  readonly #cached: CachedResults;
  readonly #begun = Promise.withResolvers<string | undefined>();
  #phase: 'New' | 'Beginning' | 'Begun' | 'Ending' = 'New';

  constructor(options: ServicesOptions) {
    const { services, gpus, context, cache } = options;
    this.#options = options;
    this.#cached = new CachedResults({ cache, logger: context.logger });
    this.#all = instancePlaces(services, gpus).map((place) => {
      const instance: ServiceInstance = new ServiceInstance({
        ...place,
        context,
        changed: () => this.#changed(instance),
      });
      return { place, instance };
    });
    if (services.length > 0) this.#advertise();
  }

  /**
   * Starts them. Resolves when the pilot may register: with undefined, or with the reason why it is of no use.
   * @param signal aborts the wait
   */
  async begin(signal: AbortSignal): Promise<string | undefined> {
    if (this.#all.length === 0 || signal.aborted) return undefined;
    const giveUp = () => this.#begun.resolve(undefined);
    signal.addEventListener('abort', giveUp, { once: true });
    this.#phase = 'Beginning';
    this.#proceed();
    const reason = await this.#begun.promise;
    signal.removeEventListener('abort', giveUp);
    return reason;
  }

  /** How a payload finds them. */
  discover(place: PayloadPlace): Discovery {
    const staying = this.#all.filter(({ instance }) => !instance.runsToEnd);
    return discoveryOf(
      staying.map(({ instance: { service, instance, endpoints, templates }, place: { gpus } }) => ({
        service,
        instance,
        endpoints,
        templates,
        gpus,
      })),
      place,
    );
  }

  /** Ends all of them, each with its grace. Resolves when the last process is dead. */
  async end(): Promise<void> {
    this.#phase = 'Ending';
    this.#cached.end();
    await Promise.all(this.#all.map(({ instance }) => instance.stop()));
  }

  #changed(instance: ServiceInstance): void {
    this.#cached.changed(instance);
    if (this.#phase === 'Ending') return;
    this.#advertise();
    this.#proceed();
  }

  #proceed(): void {
    for (const { instance } of this.#all)
      if (instance.state.phase === 'Waiting') this.#startIfReady(instance);
    const reason = this.#lostOne();
    if (this.#phase === 'Begun' && reason !== undefined) this.#options.lost(reason);
    if (this.#phase !== 'Beginning' || (reason === undefined && this.#all.some(isAwaited))) return;
    this.#phase = 'Begun';
    this.#begun.resolve(reason);
  }

  #startIfReady(instance: ServiceInstance): void {
    const { dependsOn, cacheFor } = instance.service;
    const needed = this.#all
      .map((each) => each.instance)
      .filter(({ service }) => dependsOn.includes(service.name));
    const failed = needed.find(({ state, runsToEnd }) => isOver(state, runsToEnd));
    if (failed !== undefined) instance.giveUp(`it depends on ${failed.service.name}, which is over`);
    else if (needed.some(({ state }) => !state.usable)) return;
    else if (cacheFor === undefined) instance.start();
    else this.#cached.begin(instance);
  }

  /** Why the pilot is of no use any more. */
  #lostOne(): string | undefined {
    const lost = this.#all
      .map(({ instance }) => instance)
      .find(({ service, state, runsToEnd }) => service.required && isOver(state, runsToEnd));
    return lost && `the service ${lost.service.name} is over: ${lost.state.lastFailure ?? 'it has ended'}`;
  }

  #advertise(): void {
    const said = this.#all.map(({ instance: each }) => ({
      service: each.service,
      instance: each.instance,
      state: each.state,
      found: each.found,
      isCached: this.#cached.isCached(each),
    }));
    this.#options.advertise(serviceAttributes(said));
  }
}

/** Whether the pilot registers only when this one is usable, or over. */
const isAwaited = ({
  instance: { service, state, runsToEnd },
}: {
  readonly instance: ServiceInstance;
}): boolean =>
  !state.usable && !isOver(state, runsToEnd) && (service.required || service.phase === 'BeforePayloads');
