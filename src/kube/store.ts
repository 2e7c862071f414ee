import { type KubeObject, nameOf, type ObjectKey } from './object.ts';

/** A change of a store. */
export type Change<T> =
  | {
      readonly type: 'added';
      readonly object: T;
      /** Whether it was there at the start already, so that this is not news. */
      readonly initial: boolean;
    }
  | { readonly type: 'updated'; readonly object: T; readonly old: T }
  | {
      readonly type: 'deleted';
      readonly object: T;
      /** Whether nobody saw it go: it is missing from a new list, and `object` is how it was some time earlier. */
      readonly missed: boolean;
    };

/** The values under which an object is found, by index: `{ owner: (pod) => [uid of the owner] }`. */
export type Indexers<T, Index extends string> = {
  readonly [Name in Index]: (object: T) => readonly string[];
};

/**
 * The copy of the cluster's objects that everybody may read. Objects are shared: never change one.
 *
 * **Gotchas.** The copy lags behind the cluster, usually by seconds, at worst by an outage. An object that this program has
 * just created is not in it yet, so absence proves nothing, and a deletion must name the version that it was decided on. A
 * `deleted` change that was `missed` contains the last state that was seen, which may be from before the object's end. A
 * name may belong to another object than a moment ago: compare uids.
 */
export interface ObjectStore<T extends KubeObject, Index extends string = never> {
  readonly size: number;
  get(key: ObjectKey): T | undefined;
  /** @param name `NAMESPACE/NAME` */
  named(name: string): T | undefined;
  all(): IterableIterator<T>;
  /** In the order in which they were added. */
  indexed(index: Index, value: string): readonly T[];
}

/** Removes what nobody reads, to save memory. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Objects by name and by index. */
export class Store<T extends KubeObject, Index extends string = never> implements ObjectStore<T, Index> {
  readonly #objects = new Map<string, T>();
  readonly #indexers: Indexers<T, Index>;
  readonly #indices = new Map<string, Map<string, Set<string>>>();

  constructor(indexers: Indexers<T, Index>) {
    this.#indexers = indexers;
    for (const index of Object.keys(indexers)) this.#indices.set(index, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(nameOf(key));
  }

  named(name: string): T | undefined {
    return this.#objects.get(name);
  }

  all(): IterableIterator<T> {
    return this.#objects.values();
  }

  indexed(index: Index, value: string): readonly T[] {
    const names = this.#indices.get(index)?.get(value) ?? [];
    return [...names].flatMap((name) => this.#objects.get(name) ?? []);
  }

  /** @returns the change; undefined if this version is known already */
  put(object: T, initial = false): Change<T> | undefined {
    const name = nameOf(object.metadata);
    const old = this.#objects.get(name);
    if (old === undefined) {
      this.#set(name, object);
      return { type: 'added', object, initial };
    }
    const { uid, resourceVersion } = object.metadata;
    if (old.metadata.uid === uid && old.metadata.resourceVersion === resourceVersion) return undefined;
    this.#unset(name, old);
    this.#set(name, object);
    return { type: 'updated', object, old };
  }

  /** @param object its last state */
  remove(object: T, missed = false): Change<T> | undefined {
    const name = nameOf(object.metadata);
    const old = this.#objects.get(name);
    if (old === undefined) return undefined;
    this.#unset(name, old);
    return { type: 'deleted', object, missed };
  }

  /**
   * Makes the content equal to a list. When this returns, the store is complete.
   * @param within what the list is about; others stay
   * @returns the changes, removals first
   */
  replace(
    objects: readonly T[],
    { initial, within = () => true }: { readonly initial: boolean; readonly within?: (object: T) => boolean },
  ): Change<T>[] {
    const kept = new Map(objects.map(({ metadata }) => [nameOf(metadata), metadata.uid]));
    // An object with the same name and another uid is another object, even if nobody saw the first one go.
    const isGone = (name: string, old: T) => !kept.has(name) || kept.get(name) !== old.metadata.uid;
    const gone = [...this.#objects].flatMap(([name, old]) => (within(old) && isGone(name, old) ? [old] : []));
    const changes = [
      ...gone.map((object) => this.remove(object, true)),
      ...objects.map((object) => this.put(object, initial)),
    ];
    return changes.filter((change) => change !== undefined);
  }

  #set(name: string, object: T): void {
    this.#objects.set(name, object);
    this.#eachEntry(object, (names, value) => {
      const entry = names.get(value);
      if (entry === undefined) names.set(value, new Set([name]));
      else entry.add(name);
    });
  }

  #unset(name: string, object: T): void {
    this.#objects.delete(name);
    this.#eachEntry(object, (names, value) => {
      const entry = names.get(value);
      entry?.delete(name);
      if (entry?.size === 0) names.delete(value);
    });
  }

  #eachEntry(object: T, visit: (names: Map<string, Set<string>>, value: string) => void): void {
    for (const index of Object.keys(this.#indexers) as Index[]) {
      const names = this.#indices.get(index);
      if (names === undefined) continue;
      for (const value of this.#indexers[index](object)) visit(names, value);
    }
  }
}
