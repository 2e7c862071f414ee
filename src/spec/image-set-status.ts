import * as z from 'zod';

const count = (sentence: string) => z.int().min(0).describe(sentence);
const instant = (sentence: string) => z.iso.datetime().describe(sentence);

/** Why something did not work, for the author of an image. */
export const imageFailure = z.strictObject({
  code: z.string().max(64).describe('A code of the catalogue of errors, such as NotFound or TooLarge.'),
  reason: z.string().max(1024).describe('Why, in one sentence.'),
  at: instant('When it was tried last.'),
  attempts: count('How often it has failed in a row.'),
});

export type ImageFailure = z.infer<typeof imageFailure>;

/** The same for one image. */
const publicationFailure = imageFailure.extend({
  registryDigest: z
    .string()
    .max(80)
    .describe('What the registry had under the tag then. Something else is tried at once.')
    .optional(),
  retryAt: instant('When the same is tried again.').optional(),
});

/** What is known of one tag on one platform. */
export const imageStatus = z.strictObject({
  reference: z.string().max(1024).describe('HOST/ORG/NAME:TAG, or HOST/ORG/NAME@DIGEST.'),
  platform: z.string().max(32).describe('Such as linux/amd64.'),
  digest: z
    .string()
    .max(80)
    .describe('The image that the name leads to; absent if it is not live.')
    .optional(),
  path: z
    .string()
    .max(4096)
    .describe('Where the image lies, below the directory of images; it does not change while its tag moves.')
    .optional(),
  bytes: count('Bytes of its files.').optional(),
  publishedAt: instant('Since when the name has led to this image.').optional(),
  lastCheckedAt: instant('When its registry last gave an answer about it.').optional(),
  nextCheckAt: instant('When its registry is asked next.').optional(),
  registryDigest: z
    .string()
    .max(80)
    .describe('What the registry had under this tag when it was published: an image, or an index of several.')
    .optional(),
  unlistedSince: instant('Since when nobody has listed the tag; the name goes some time after.').optional(),
  failure: publicationFailure
    .describe('Why the last attempt failed. What is live stays live. Absent after a success.')
    .optional(),
});

export type ImageStatus = z.infer<typeof imageStatus>;

/** What is known of an entry that is a pattern, or that cannot be read. */
export const listingStatus = z.strictObject({
  reference: z.string().max(1024).describe('As it was written.'),
  tags: count('How many tags fit it.').optional(),
  listedAt: instant('When its registry last listed its tags.').optional(),
  nextCheckAt: instant('When its registry is asked next.').optional(),
  failure: imageFailure.describe('Why its tags are not known, or not known anew.').optional(),
});

export type ListingStatus = z.infer<typeof listingStatus>;

export const imageCounts = z.strictObject({
  tags: count('Tags that are wanted, on all platforms.'),
  published: count('Those of them that are live.'),
  pending: count('Those that are not live yet, and have not failed.'),
  failed: count('Those whose last attempt failed, live or not, and entries whose tags are not known.'),
});

export type ImageCounts = z.infer<typeof imageCounts>;

/** What the last clean-up did. */
export const cleaningStatus = z.strictObject({
  at: instant('When it ended.'),
  removedNames: count('Names that went; with dryRun, that would go.'),
  removedImages: count('Images that went; with dryRun, that would go.'),
  keptImages: count('Images without a name that stay for now.'),
  dryRun: z.boolean().describe('Whether it only told what would go.'),
  problems: z
    .array(z.string().max(1024))
    .max(20)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('What was wrong with names and leases after it.'),
});

export type CleaningStatus = z.infer<typeof cleaningStatus>;

/** What a publisher says of its set, in `GET /v1/status` and in the file beside the images. */
export const imageSetStatus = z.strictObject({
  set: z.string().max(253).describe('The name of the set.'),
  directory: z.string().max(4096).describe('The directory of images, where the publisher has it.'),
  specDigest: z
    .string()
    .max(80)
    .describe('sha256: and the digest of the specification file that is in force.'),
  specProblem: z
    .string()
    .max(2048)
    .describe('What is wrong with the specification file, if an older one is still in force.')
    .optional(),
  writtenAt: instant('When this was written.'),
  counts: imageCounts,
  // The tags of the largest set on two platforms are 26,000; as many may still be there that it does not list any more.
  images: z.array(imageStatus).max(60_000),
  listings: z.array(listingStatus).max(4000),
  cleaning: cleaningStatus.optional(),
});

export type ImageSetStatus = z.infer<typeof imageSetStatus>;

/** The body of `PUT /v1/leases/HOLDER`: images that somebody uses. */
export const imageLease = z.strictObject({
  digests: z
    .array(z.string().regex(/^sha256:[0-9a-f]{64}$/, 'write sha256: and 64 hexadecimal digits'))
    .max(10_000)
    .describe('The images: these, and no others that the holder has named before.'),
  until: instant('They are not removed before this time, and another grace.'),
});

export type ImageLease = z.infer<typeof imageLease>;
