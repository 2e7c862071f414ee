import type { ImageRecord } from './image-record.ts';

/** A complete image that nobody sees yet. */
export interface StagedImage {
  /** Its directory. */
  readonly tree: string;
  /** The file with the list of its contents: see {@link writeContents}. */
  readonly contents: string;
  readonly record: ImageRecord;
}
