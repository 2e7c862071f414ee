import * as z from 'zod';

/** `sha256:` and 64 hexadecimal digits. */
export const digestForm = /^sha256:[0-9a-f]{64}$/;

export const digest = z.string().regex(digestForm, 'write sha256: and 64 hexadecimal digits');

const longestPath = 4096;

/** A path below a job's directory: relative, no `..`, no empty part. */
export const relativePath = z
  .string()
  .min(1)
  .max(longestPath)
  .refine(staysBelow, 'write a path below the job directory, without ".."');

function staysBelow(path: string): boolean {
  return (
    !path.startsWith('/') &&
    !path.includes('\0') &&
    !path.split('/').some((part) => part === '..' || part === '.' || part === '')
  );
}

/** Whether {@link relativePath} accepts a path, for those who check millions of them. */
export const isRelativePath = (path: string): boolean => path.length <= longestPath && staysBelow(path);

/** A file of a job: its content lies in the pool's spool under the digest. */
export const jobFile = z.object({
  name: relativePath,
  digest,
  size: z.int().min(0),
  executable: z.boolean().default(false),
  /** Permissions of an input; if absent, `executable` decides. */
  mode: z.int().min(0).max(0o777).optional(),
  /** The input is an empty folder: it has no content. */
  emptyFolder: z.boolean().optional(),
});

/** The header that tells, for a file that the pool does not have, how many bytes of it an upload of the same user has left there. */
export const uploadOffset = 'upload-offset';

/** The largest file, in bytes. */
export const maxBlobBytes = 10 * 2 ** 30;

/** What a job wrote to stdout or stderr. */
export const streamFile = jobFile.extend({
  /** Bytes that the job printed in total, if that is more than what came back. */
  printed: z.int().min(0).optional(),
});

/** A file that the job left behind and that does not come back. */
export const leftFile = z.object({ name: z.string().max(4096), reason: z.string().max(256) });

/** Above this many bytes, the outputs of a result travel as a file in the spool that lists them, one JSON text per line. */
export const longestInlineOutputs = 2 ** 20;

/** The largest such file, in bytes. */
export const maxOutputListBytes = 16 * 2 ** 20;

/** The most files and folders that one job may bring back. */
export const mostOutputs = 10_000;

/** A line of the list: a file or an empty folder. */
export const outputLine = z.union([jobFile, z.object({ folder: relativePath })]);

export type JobFile = z.infer<typeof jobFile>;

export type StreamFile = z.infer<typeof streamFile>;

export type LeftFile = z.infer<typeof leftFile>;
