import type { Job } from '#pool/jobs/job.ts';
import type { ProcDifferences } from '#pool/jobs/packed-procs.ts';
import { packProcs } from '#pool/jobs/packed-procs.ts';
import type { Transition } from '#pool/jobs/transition.ts';
import { apply } from '#pool/queue/apply.ts';
import type { Changed } from '#pool/queue/changed.ts';
import type { Queue } from '#pool/queue/queue.ts';
import type { AdTexts } from '#wire/ad-texts.ts';

interface Submitted {
  readonly cluster?: number;
  readonly owner?: string;
  readonly at?: number;
  readonly ad: AdTexts;
  /** How many procs without anything of their own, or what each has. */
  readonly procs?: number | readonly ProcDifferences[];
}

export const noDifferences: ProcDifferences = { attributes: {}, inputs: [] };

/** The transition of a submission. */
export function submissionOf({
  cluster = 1,
  owner = 'alice',
  at = 0,
  ad,
  procs = 1,
}: Submitted): Extract<Transition, { type: 'submit' }> {
  const list = typeof procs === 'number' ? Array.from({ length: procs }, () => noDifferences) : procs;
  return { type: 'submit', at, cluster, key: `${owner}/${cluster}`, owner, ad, procs: packProcs(list) };
}

/** Submits to a queue without a pool. */
export const submitted = (queue: Queue, submission: Submitted): Changed =>
  apply(queue, submissionOf(submission));

/** Submits one job, and makes it more than a fresh proc. */
export function oneJob(queue: Queue, ad: AdTexts, owner = 'alice'): Job {
  submitted(queue, { ad, owner });
  const job = queue.materialize({ cluster: 1, proc: 0 });
  if (job === undefined) throw new Error('the job is not in the queue');
  return job;
}
