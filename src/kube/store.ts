import { type KubeObject, nameOf, type ObjectKey } from './object.ts';

/** What a store learned. */
export type Change<T> =
  | {
      readonly type: 'added';
      readonly object: T;
      /** It was there before anybody listened: start-up, not news. */
      readonly initial: boolean;
    }
  | { readonly type: 'updated'; readonly object: T; readonly old: T }
  | {
      readonly type: 'deleted';
      readonly object: T;
      /** It is in no list any more, and nobody saw it go: `object` is how it was some time before. */
      readonly missed: boolean;
    };

/** Names under which an object is found: `{ owner: (pod) => [uid of the owner] }`. */
export type Indexers<T, Index extends string> = {
  readonly [Name in Index]: (object: T) => readonly string[];
};

/**
 * The copy of the cluster's objects that everybody may read. Objects are shared: never change one.
 *
 * **Gotchas.** The copy is behind, by seconds as a rule and by an outage at worst: an object that this program has just
 * created is not in it yet, so absence proves nothing, and whatever deletes names the version that it looked at. A `deleted`
 * change that was `missed` carries the last state that was seen, which may be from before the object's end. A name may
 * stand for another object than a moment ago: compare uids.
 */
export interface ObjectStore<T extends KubeObject, Index extends string = never> {
  readonly size: number;
  get(key: ObjectKey): T | undefined;
  /** By `NAMESPACE/NAME`. */
  named(name: string): T | undefined;
  all(): IterableIterator<T>;
  /** In the order of their coming. */
  indexed(index: Index, value: string): readonly T[];
}

/** Drops what nobody reads and everybody would hold in memory. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Objects by name, and by what the indexers say of them. */
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

  /** The change that it is; nothing when this very version is known. */
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

  /** `object` is its last state. */
  remove(object: T, missed = false): Change<T> | undefined {
    const name = nameOf(object.metadata);
    const old = this.#objects.get(name);
    if (old === undefined) return undefined;
    this.#unset(name, old);
    return { type: 'deleted', object, missed };
  }

  /**
   * Makes the content equal to a list; the changes that led there, removals first. The store is
   * already as a whole when the first of them is told.
   */
  replace(objects: readonly T[], initial: boolean): Change<T>[] {
    const kept = new Map(objects.map(({ metadata }) => [nameOf(metadata), metadata.uid]));
    // A namesake with another uid is another object, also if nobody saw the first one go.
    const isGone = (name: string, old: T) => !kept.has(name) || kept.get(name) !== old.metadata.uid;
    const gone = [...this.#objects].flatMap(([name, old]) => (isGone(name, old) ? [old] : []));
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
