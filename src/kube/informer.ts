import type { KubeObject } from './object.ts';
import { Reflector, type ReflectorOptions } from './reflector.ts';
import { type Change, type Indexers, type ObjectStore, Store, withoutManagedFields } from './store.ts';

export type ChangeHandler<T> = (change: Change<T>) => void;

export interface InformerOptions<T extends KubeObject, Index extends string = never>
  extends ReflectorOptions<T> {
  readonly indexers?: Indexers<T, Index>;
  /** Makes objects smaller before they are stored; `managedFields` has been removed already. */
  readonly transform?: (object: T) => T;
}

/**
 * A copy of one kind of objects that stays up to date and reports every change: a reflector, a store and handlers.
 * Handlers run one after the other, when the store has changed. If one throws, the others still run.
 */
export class Informer<T extends KubeObject, Index extends string = never> {
  readonly #options: InformerOptions<T, Index>;
  readonly #store: Store<T, Index>;
  readonly #handlers = new Set<ChangeHandler<T>>();
  readonly #synced = Promise.withResolvers<void>();
  #hasSynced = false;
  #lastContact: number | undefined;

  constructor(options: InformerOptions<T, Index>) {
    this.#options = options;
    this.#store = new Store(options.indexers ?? ({} as Indexers<T, Index>));
  }

  /** The plural of the kind, for logs and health. */
  get resource(): string {
    return this.#options.kind.plural;
  }

  get store(): ObjectStore<T, Index> {
    return this.#store;
  }

  /** Resolves when the first list is stored and every handler has been told. Never rejects. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Milliseconds since the API server last answered with a change, a bookmark or a list. Infinity: it never has. */
  staleness(): number {
    return this.#lastContact === undefined
      ? Number.POSITIVE_INFINITY
      : this.#options.clock.monotonic() - this.#lastContact;
  }

  /** Tells `handler` what is known already, and from then on of every change. @returns a function that stops this */
  onChange(handler: ChangeHandler<T>): () => void {
    for (const object of this.#store.all()) this.#tell(handler, { type: 'added', object, initial: true });
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Runs until `signal` aborts. Run it once. */
  async run(signal: AbortSignal): Promise<void> {
    await new Reflector(this.#options, {
      replaced: (objects) => this.#replaced(objects),
      changed: (type, object) => this.#changed(type, object),
      contact: () => {
        this.#lastContact = this.#options.clock.monotonic();
      },
    }).run(signal);
  }

  #replaced(objects: readonly T[]): void {
    const changes = this.#store.replace(objects.map(this.#slim), !this.#hasSynced);
    for (const change of changes) this.#tellAll(change);
    this.#hasSynced = true;
    this.#synced.resolve();
    this.#count();
  }

  #changed(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void {
    const slim = this.#slim(object);
    const change = type === 'DELETED' ? this.#store.remove(slim) : this.#store.put(slim);
    if (change !== undefined) this.#tellAll(change);
    this.#count();
  }

  readonly #slim = (object: T): T => {
    const slim = withoutManagedFields(object);
    return this.#options.transform === undefined ? slim : this.#options.transform(slim);
  };

  #tellAll(change: Change<T>): void {
    for (const handler of this.#handlers) this.#tell(handler, change);
  }

  #tell(handler: ChangeHandler<T>, change: Change<T>): void {
    try {
      handler(change);
    } catch (error) {
      this.#options.logger.error({ resource: this.resource, err: error }, 'a change handler failed');
    }
  }

  #count(): void {
    this.#options.metrics?.objects.set({ resource: this.resource }, this.#store.size);
  }
}
