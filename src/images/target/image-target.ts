import type { ImageDirectory } from '../tree/image-directory.ts';

/** What can be done while a change is open. */
export type ImageChange = Pick<ImageDirectory, 'has' | 'add' | 'link' | 'unlink' | 'remove'>;

/**
 * Where images are published. What is there is read in the directory `path`, whatever the target is: names with `publishedNames`,
 * records with `recordOf`, and so on. A plain directory, {@link ImageDirectory}, is the one that everybody has.
 */
export interface ImageTarget {
  /** The directory in which pilots find images. */
  readonly path: string;
  /** A path for something new that is not to be seen yet. */
  newStagingPath(): string;
  /** The directory of an image, whether it is there or not. */
  pathOf(digest: string): string;
  has(digest: string): Promise<boolean>;
  /** The digest of the image to which a name leads. */
  digestOf(name: string): Promise<string | undefined>;
  /**
   * Makes a change. Whoever reads the target sees each name lead to a complete image at every moment, and the end of the change only
   * when this resolves. If `work` fails, names lead where they have led, unless it has changed several. Changes follow one another.
   * @throws what `work` throws; GlideinError if the target takes no change
   */
  change<T>(work: (images: ImageChange) => Promise<T>, signal: AbortSignal): Promise<T>;
  close(): void;
}
