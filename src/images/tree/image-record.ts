import * as z from 'zod';

/** What is known of a published image; it lies beside its directory. */
export const imageRecord = z.object({
  /** The digest of the manifest for this platform: the name of the directory. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** As it was asked for first. */
  reference: z.string().max(1024),
  /** ISO 8601. */
  publishedAt: z.string().max(64),
  /** Entries and bytes of the tree as it lies there. */
  entries: z.int().min(0),
  bytes: z.int().min(0),
  /** Device nodes and named pipes of the layers that were left out. */
  devicesLeftOut: z.int().min(0),
  /** SHA-256 of the list of its contents, in hexadecimal. */
  contents: z.string().regex(/^[0-9a-f]{64}$/),
  labels: z.record(z.string(), z.string()),
});

export type ImageRecord = z.infer<typeof imageRecord>;
