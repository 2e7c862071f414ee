/** What this installation of the operator was told. */
export interface SiteSettings {
  /** The name under which pools know this installation. */
  readonly site: string;
  /** The only namespace that is served; all of them without it. */
  readonly namespace?: string | undefined;
  /** The image of pools and pilots whose resource names none. */
  readonly image: string;
  /** The service account that the operator runs as: the identity that it shows to pools. */
  readonly account: { readonly namespace: string; readonly name: string };
  /** A Localhost seccomp profile for pilots that every node has; Unconfined without it. */
  readonly seccompProfile?: string | undefined;
}
