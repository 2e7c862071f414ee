import type { KubeObject } from '#kube/object.ts';
import type { Change, ObjectStore } from '#kube/store.ts';
import type { Copy, Informers } from './informers.ts';
import type { NamespaceClaims } from './namespace-claims.ts';

type Claims = Pick<NamespaceClaims, 'holds' | 'onChange'>;

/**
 * What controllers see: of pools, groups, policies and image sets, those of the namespaces that this installation serves. Where another
 * one does, it is as if there were none, so nothing is done there, and nothing remembered; once the namespace is served, all come
 * as new. Pods and StatefulSets follow from these, so they are shown as they are.
 */
export function claimedCopies(informers: Informers, claims: Claims): Informers {
  return {
    ...informers,
    pools: new ClaimedCopy(informers.pools, claims),
    policies: new ClaimedCopy(informers.policies, claims),
    imageSets: new ClaimedCopy(informers.imageSets, claims),
    groups: new ClaimedCopy(informers.groups, claims),
  };
}

class ClaimedCopy<T extends KubeObject, Index extends string> implements Copy<T, Index> {
  readonly store: ObjectStore<T, Index>;
  readonly #handlers = new Set<(change: Change<T>) => void>();
  /** Of which namespaces the handlers know. */
  readonly #shown = new Set<string>();

  constructor(copy: Copy<T, Index>, claims: Claims) {
    const isClaimed = (object: T) => claims.holds(namespaceOf(object));
    this.store = claimedStore(copy.store, isClaimed);
    copy.onChange((change) => {
      if (this.#shown.has(namespaceOf(change.object))) this.#tell(change);
    });
    claims.onChange((namespace, isHeld) => {
      if (isHeld) this.#shown.add(namespace);
      else this.#shown.delete(namespace);
      for (const object of [...copy.store.all()].filter((each) => namespaceOf(each) === namespace))
        this.#tell(
          isHeld ? { type: 'added', object, initial: true } : { type: 'deleted', object, missed: true },
        );
    });
  }

  onChange(handler: (change: Change<T>) => void): () => void {
    for (const object of this.store.all()) handler({ type: 'added', object, initial: true });
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  #tell(change: Change<T>): void {
    for (const handler of this.#handlers) handler(change);
  }
}

function claimedStore<T extends KubeObject, Index extends string>(
  store: ObjectStore<T, Index>,
  isClaimed: (object: T) => boolean,
): ObjectStore<T, Index> {
  const ifClaimed = (object: T | undefined) =>
    object !== undefined && isClaimed(object) ? object : undefined;
  return {
    get size() {
      return [...this.all()].length;
    },
    get: (key) => ifClaimed(store.get(key)),
    named: (name) => ifClaimed(store.named(name)),
    *all() {
      for (const object of store.all()) if (isClaimed(object)) yield object;
    },
    indexed: (index, value) => store.indexed(index, value).filter(isClaimed),
  };
}

const namespaceOf = ({ metadata }: KubeObject): string => metadata.namespace ?? '';
