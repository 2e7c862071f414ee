/** Who owns an object: when the owner goes, so does the object. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** What every object carries about itself; times are RFC 3339 texts. The server sets what is marked so. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  /** Server. */
  readonly uid?: string;
  /** Server; opaque. */
  readonly resourceVersion?: string;
  /** Server; counts changes of the spec. */
  readonly generation?: number;
  /** Server. */
  readonly creationTimestamp?: string;
  /** Server; set while the object waits for its finalizers and its grace period. */
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly managedFields?: readonly unknown[];
}

/** Any object of Kubernetes, as the JSON that the server sent: no field is ever dropped. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/** The JSON of a type of the client library: its dates are texts on the wire. */
export type Raw<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? readonly Raw<Item>[]
    : T extends object
      ? { readonly [Name in keyof T]: Raw<T[Name]> }
      : T;

/** A type of the client library as the object that comes over the wire. */
export type Wire<T> = Omit<Raw<T>, 'metadata' | 'apiVersion' | 'kind'> & KubeObject;

/** Where an object lies; cluster-wide objects have no namespace. */
export interface ObjectKey {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** `NAMESPACE/NAME`, or `NAME` of a cluster-wide object. */
export function nameOf(key: ObjectKey): string {
  return key.namespace === undefined ? key.name : `${key.namespace}/${key.name}`;
}

/** The other way round. */
export function keyOf(name: string): ObjectKey {
  const slash = name.indexOf('/');
  return slash < 0 ? { name } : { namespace: name.slice(0, slash), name: name.slice(slash + 1) };
}
