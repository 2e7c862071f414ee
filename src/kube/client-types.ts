import type { KubeObject, ObjectKey } from './object.ts';

/** Which objects of a kind; all of them where nothing is said. */
export interface Selection {
  /** Absent: every namespace. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** A whole list, and the version from which a watch sees everything that came after it. */
export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/** One page of a list. */
export interface ObjectPage<T> extends ObjectList<T> {
  /** Names the next page; absent after the last. */
  readonly next: string | undefined;
}

export interface DeleteOptions {
  /** Seconds that the processes of a pod get to end; 0 forgets the pod at once and kills blindly. */
  readonly gracePeriodSeconds?: number;
  /** Delete only the object with this uid, never a namesake that came later. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
}

export interface ApplyOptions {
  /** Take over fields that other managers own. Default true, as controllers do. */
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/** What an apply or a patch writes: an object of which only the named fields are touched. */
export type Partially<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Name in keyof T]?: Partially<T[Name]> | null | undefined }
    : T;

/** What a create is given; the server adds the rest. Reviews have no name. */
export type Created<T extends KubeObject> = Fields<T> & { readonly metadata?: Partially<T['metadata']> };

/** What an apply is given: the name and the fields to own. */
export type Applied<T extends KubeObject> = Fields<T> & {
  readonly metadata: Partially<T['metadata']> & ObjectKey;
};

type Fields<T extends KubeObject> = {
  readonly [Name in Exclude<keyof T, 'metadata'>]?: Partially<T[Name]> | null | undefined;
};
