/** The door of oci-archive.mjs for TypeScript. */

export interface OciLayer {
  /** A directory tree that becomes the layer. */
  readonly folder?: string;
  /** Keep numeric owners and extended attributes of the tree; else everything belongs to root. */
  readonly keepOwners?: boolean;
  /** Patterns as of `tar --exclude`. */
  readonly exclude?: readonly string[];
  /** Instead of a folder: a ready, uncompressed tar file. */
  readonly tar?: string;
}

export interface OciImage {
  /** Where the archive goes; it appears whole or not at all. */
  readonly file: string;
  /** Full reference, as `example.org/team/image:tag`. */
  readonly name: string;
  /** From the bottom. */
  readonly layers: readonly OciLayer[];
  /** Entrypoint, Cmd, Env, User, WorkingDir, Labels as in the OCI image configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Compress the layers; plain tar imports faster and is fine for a local node. */
  readonly gzip?: boolean;
  /** Time of everything inside; default is the epoch, so that the same input gives the same digest. */
  readonly created?: Date;
}

/** Writes an OCI image archive with the system's tar: no container engine. */
export function writeOciArchive(image: OciImage): Promise<{ digest: string; size: number }>;
