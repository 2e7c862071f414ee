import { orAborted } from '#base/or-aborted.ts';
import type { Selection } from './client-types.ts';
import type { KubeObject } from './object.ts';
import { Reflector, type ReflectorOptions } from './reflector.ts';
import { type Change, type Indexers, type ObjectStore, Store, withoutManagedFields } from './store.ts';

export type ChangeHandler<T> = (change: Change<T>) => void;

export interface InformerOptions<T extends KubeObject, Index extends string = never>
  extends ReflectorOptions<T> {
  /**
   * The only namespaces to copy, each by a watch of its own; what `selection` says if absent. One that may not be read, perhaps because
   * it does not exist yet, keeps nobody waiting for the others, and is copied once it may.
   */
  readonly namespaces?: readonly string[] | undefined;
  /** Informers of the same namespaces that have copied one before this one begins with it, so that nobody misses their objects. */
  readonly after?: readonly Pick<Informer<KubeObject>, 'syncedIn'>[];
  readonly indexers?: Indexers<T, Index>;
  /** Makes objects smaller before they are stored; `managedFields` has been removed already. */
  readonly transform?: (object: T) => T;
}

/** What one reflector copies. */
interface Scope {
  readonly selection: Selection;
  /** Resolves with the first list. */
  readonly synced: PromiseWithResolvers<void>;
  hasSynced: boolean;
  /** Resolves when the API server refuses that list, to this informer or to one before it. */
  readonly refused: PromiseWithResolvers<void>;
  isRefused: boolean;
  lastContact: number | undefined;
}

/**
 * A copy of one kind of objects that stays up to date and reports every change: a reflector for each namespace that is watched,
 * or one for all, a store and handlers. Handlers run one after the other, when the store has changed. If one throws, the others
 * still run.
 */
export class Informer<T extends KubeObject, Index extends string = never> {
  readonly #options: InformerOptions<T, Index>;
  readonly #store: Store<T, Index>;
  readonly #handlers = new Set<ChangeHandler<T>>();
  readonly #synced = Promise.withResolvers<void>();
  readonly #scopes: readonly Scope[];

  constructor(options: InformerOptions<T, Index>) {
    this.#options = options;
    const { selection = {}, namespaces } = options;
    const selections = namespaces?.map((namespace) => ({ ...selection, namespace })) ?? [selection];
    this.#scopes = selections.map(newScope);
    this.#store = new Store(options.indexers ?? ({} as Indexers<T, Index>));
  }

  /** The plural of the kind, for logs and health. */
  get resource(): string {
    return this.#options.kind.plural;
  }

  get store(): ObjectStore<T, Index> {
    return this.#store;
  }

  /**
   * Resolves when the first list of every namespace is stored and every handler has been told; without those that may not be read, if
   * there are others. Never rejects.
   */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get hasSynced(): boolean {
    const isOne = this.#scopes.some((scope) => scope.hasSynced);
    return isOne && this.#scopes.every((scope) => scope.hasSynced || scope.isRefused);
  }

  /** The first list of a namespace: when it is stored, and when it is refused. */
  syncedIn(namespace: string | undefined): Pick<Scope, 'synced' | 'refused'> | undefined {
    return this.#scopes.find(({ selection }) => selection.namespace === namespace);
  }

  /**
   * Milliseconds since the API server last answered with a change, a bookmark or a list, for the namespace where that is longest
   * ago of those that may be read. Infinity: it never has.
   */
  staleness(): number {
    const now = this.#options.clock.monotonic();
    const read = this.#scopes.filter(({ hasSynced, isRefused }) => hasSynced || !isRefused);
    const ages = read.map(({ lastContact }) => now - (lastContact ?? Number.NEGATIVE_INFINITY));
    return read.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...ages);
  }

  /** Tells `handler` what is known already, and from then on of every change. @returns a function that stops this */
  onChange(handler: ChangeHandler<T>): () => void {
    for (const object of this.#store.all()) this.#tell(handler, { type: 'added', object, initial: true });
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Runs until `signal` aborts. Run it once. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#scopes.map((scope) => this.#reflect(scope, signal)));
  }

  async #reflect(scope: Scope, signal: AbortSignal): Promise<void> {
    const { clock, namespaces, after = [] } = this.#options;
    const before = after.flatMap((informer) => informer.syncedIn(scope.selection.namespace) ?? []);
    for (const { refused } of before) void refused.promise.then(() => this.#refused(scope));
    await orAborted(Promise.all(before.map(({ synced }) => synced.promise)), signal);
    const reflector = new Reflector(
      { ...this.#options, selection: scope.selection },
      {
        replaced: (objects) => this.#replaced(scope, objects),
        changed: (type, object) => this.#changed(type, object),
        contact: () => {
          scope.lastContact = clock.monotonic();
        },
        refused: () => {
          if (namespaces !== undefined) this.#refused(scope);
        },
      },
    );
    await reflector.run(signal);
  }

  #refused(scope: Scope): void {
    if (scope.isRefused) return;
    scope.isRefused = true;
    scope.refused.resolve();
    this.#options.logger.warn(
      { resource: this.resource, namespace: scope.selection.namespace },
      'a namespace may not be read; it is served once it may',
    );
    if (this.hasSynced) this.#synced.resolve();
  }

  #replaced(scope: Scope, objects: readonly T[]): void {
    const { namespace } = scope.selection;
    const changes = this.#store.replace(objects.map(this.#slim), {
      initial: !scope.hasSynced,
      within: ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
    });
    for (const change of changes) this.#tellAll(change);
    scope.hasSynced = true;
    scope.synced.resolve();
    if (this.hasSynced) this.#synced.resolve();
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

const newScope = (selection: Selection): Scope => ({
  selection,
  synced: Promise.withResolvers(),
  hasSynced: false,
  refused: Promise.withResolvers(),
  isRefused: false,
  lastContact: undefined,
});
