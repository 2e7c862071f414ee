/** The settings of this installation of the operator. */
export interface SiteSettings {
  /** The name under which pools know this installation. */
  readonly site: string;
  /** The only namespaces that are served; all namespaces if absent. */
  readonly namespaces?: readonly string[] | undefined;
  /** The image of pools and pilots whose resources name none. */
  readonly image: string;
  /** The service account that the operator runs as: its identity towards pools. */
  readonly account: { readonly namespace: string; readonly name: string };
  /** A Localhost seccomp profile for pilots, present on every node; Unconfined if absent. */
  readonly seccompProfile?: string | undefined;
  /** What pools and pilots get in their environment in order to make spans; absent if the operator makes none. */
  readonly tracing?: readonly Variable[] | undefined;
}

/** A variable of the environment of a container. */
export interface Variable {
  readonly name: string;
  readonly value: string;
}
