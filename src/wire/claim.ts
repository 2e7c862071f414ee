import * as z from 'zod';

/**
 * Identifies one execution of a job and fences it off from every other. The pool's generation changes when its database is
 * restored from a backup; the epoch counts the executions of a job. A message about any claim but the job's newest
 * changes nothing.
 *
 * **Gotchas.** The id alone names no claim: a database that was put back gives the same ids again, to other executions and
 * under another generation. Keep claims, and name directories, by {@link claimKey}. A claim is not over when its job is held
 * or removed, only when its last process is dead.
 */
export const claimRef = z.object({
  generation: z.string().max(64),
  id: z.string().max(64),
  epoch: z.int().min(1),
});

export type ClaimRef = z.infer<typeof claimRef>;

/** A claim as a map key. */
export const claimKey = ({ generation, id, epoch }: ClaimRef): string =>
  JSON.stringify([generation, id, epoch]);

/** What a claim takes from its pilot: cores, MiB of memory, KiB of disk, GPUs. */
export const resources = z.object({
  cpus: z.number().min(0),
  memory: z.number().min(0),
  disk: z.number().min(0),
  gpus: z.number().min(0),
});

export type Resources = z.infer<typeof resources>;
