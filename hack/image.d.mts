/** The door of image.mjs for TypeScript. */

export interface Image {
  /** The OCI archive. */
  readonly file: string;
  /** Full reference. */
  readonly name: string;
  /** Of the manifest. */
  readonly digest: string;
  /** Bytes of the archive. */
  readonly size: number;
}

export interface ImageOptions {
  /** Default dist/image/glidein.tar. */
  readonly output?: string;
  /** Default glidein.dev/glidein:dev. */
  readonly name?: string;
  /** Fetch the Debian packages again. */
  readonly refresh?: boolean;
  /** Default the user's cache. */
  readonly cacheDir?: string;
}

/**
 * Writes the container image as an OCI archive: three seconds, the first time fifteen. Throws an error that says what to
 * do when Debian packages cannot be fetched, or when the sources cannot be bundled.
 */
export function buildImage(options?: ImageOptions): Promise<Image>;
