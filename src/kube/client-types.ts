import type { KubeObject, ObjectKey } from './object.ts';

/** Which objects of a kind. Default: all. */
export interface Selection {
  /** Default: every namespace. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** A whole list, and its version: a watch from that version sees everything that comes after the list. */
export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/** One page of a list. */
export interface ObjectPage<T> extends ObjectList<T> {
  /** Identifies the next page. Undefined: this is the last one. */
  readonly next: string | undefined;
}

export interface DeleteOptions {
  /** Seconds that the processes of a pod get to end. With 0, the pod is forgotten at once, whether they are dead or not. */
  readonly gracePeriodSeconds?: number;
  /** Delete only the object with this uid, never a later one of the same name. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
}

export interface ApplyOptions {
  /** Take over fields that other managers own. Default: true, as controllers do. */
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/** What an apply or a patch writes: only the fields that are present change. */
export type Partially<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Name in keyof T]?: Partially<T[Name]> | null | undefined }
    : T;

/** The argument of a create; the server adds the rest. Reviews have no name. */
export type Created<T extends KubeObject> = Fields<T> & { readonly metadata?: Partially<T['metadata']> };

/** The argument of an apply: the name, and the fields to own. */
export type Applied<T extends KubeObject> = Fields<T> & {
  readonly metadata: Partially<T['metadata']> & ObjectKey;
};

type Fields<T extends KubeObject> = {
  readonly [Name in Exclude<keyof T, 'metadata'>]?: Partially<T[Name]> | null | undefined;
};
