import type { KubeObject } from '#kube/object.ts';
import { type Change, type Indexers, Store } from '#kube/store.ts';

/** What an informer keeps of one kind of objects, filled by a test and not by an API server. */
export class ClusterCopy<T extends KubeObject, Index extends string = never> {
  readonly store: Store<T, Index>;
  readonly #handlers = new Set<(change: Change<T>) => void>();

  constructor(indexers: Indexers<T, Index>) {
    this.store = new Store(indexers);
  }

  onChange(handler: (change: Change<T>) => void): () => void {
    for (const object of this.store.all()) handler({ type: 'added', object, initial: true });
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  put(object: T): void {
    this.#tell(this.store.put(object));
  }

  remove(object: T, missed = false): void {
    this.#tell(this.store.remove(object, missed));
  }

  #tell(change: Change<T> | undefined): void {
    if (change !== undefined) for (const handler of this.#handlers) handler(change);
  }
}
