/** The owner of an object. When the owner is deleted, so is the object. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** The metadata of an object. Times are RFC 3339 texts. The server sets the fields that say so. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  /** Set by the server. */
  readonly uid?: string;
  /** Set by the server; opaque. */
  readonly resourceVersion?: string;
  /** Set by the server; counts changes of the spec. */
  readonly generation?: number;
  /** Set by the server. */
  readonly creationTimestamp?: string;
  /** Set by the server while the object waits for its finalizers or its grace period. */
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly managedFields?: readonly unknown[];
}

/** Any Kubernetes object, as the server's JSON: no field is ever dropped. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/** The JSON of a type of the client library: dates are texts on the wire. */
export type Raw<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? readonly Raw<Item>[]
    : T extends object
      ? { readonly [Name in keyof T]: Raw<T[Name]> }
      : T;

/** A type of the client library, as the object on the wire. */
export type Wire<T> = Omit<Raw<T>, 'metadata' | 'apiVersion' | 'kind'> & KubeObject;

/** Identifies an object of a kind. Cluster-wide objects have no namespace. */
export interface ObjectKey {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** `NAMESPACE/NAME`, or `NAME` for a cluster-wide object. */
export function nameOf(key: ObjectKey): string {
  return key.namespace === undefined ? key.name : `${key.namespace}/${key.name}`;
}

/** The inverse of {@link nameOf}. */
export function keyOf(name: string): ObjectKey {
  const slash = name.indexOf('/');
  return slash < 0 ? { name } : { namespace: name.slice(0, slash), name: name.slice(slash + 1) };
}

/**
 * A wall time as a Kubernetes MicroTime: with six decimals, which Leases and Events require.
 * @param wall milliseconds since the epoch
 */
export function microTime(wall: number): string {
  return new Date(wall).toISOString().replace('Z', '000Z');
}
