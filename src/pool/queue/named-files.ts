import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Job } from '../jobs/job.ts';
import { BloomFilter } from '../spool/bloom-filter.ts';
import type { FileCount } from '../spool/file-quota.ts';
import type { HistoryCursor, ReferencesAnswer } from '../store/history-rows.ts';
import { digestsIn } from '../store/references.ts';
import type { Store } from '../store/store.ts';
import type { Queue } from './queue.ts';

/** The most jobs that are read per turn. */
const slice = 1000;

interface NamedFilesOptions {
  readonly queue: Queue;
  readonly store: Pick<Store, 'references'>;
  /** Counts whose files they are. */
  readonly count: FileCount | undefined;
  /** Jobs of the history up to this one do not count. */
  readonly removed: HistoryCursor | undefined;
  readonly isOver: () => boolean;
}

/**
 * Marks the files that jobs name. Those of jobs in memory come first: a job that leaves memory meanwhile is then in the history,
 * which comes later. A fresh proc that becomes a job of its own meanwhile has been marked, too.
 */
export async function namedFiles(options: NamedFilesOptions): Promise<BloomFilter> {
  const { queue, store, count, removed, isOver } = options;
  const marks = new BloomFilter();
  const mark = (owner: string, digests: Iterable<string>) => {
    for (const digest of digests) {
      marks.add(digest);
      count?.name(owner, digest);
    }
  };
  await markQueue(queue, mark);
  let after: ReferencesAnswer['next'] | undefined;
  while (after !== null && !isOver()) {
    const { named, next }: ReferencesAnswer = await store.references(after ?? null, removed);
    for (const { owner, digests } of named) mark(owner, digests);
    after = next;
  }
  return marks;
}

async function markQueue(
  queue: Queue,
  mark: (owner: string, digests: Iterable<string>) => void,
): Promise<void> {
  for (const fresh of queue.allFresh()) {
    for (const text of fresh.texts()) {
      mark(fresh.cluster.owner, digestsIn(text));
      await nextTurn();
    }
  }
  let seen = 0;
  for (const job of queue.ownJobs()) {
    mark(job.cluster.owner, digestsOf(job));
    seen += 1;
    if (seen % slice === 0) await nextTurn();
  }
}

function* digestsOf({ inputs, outputs, stdout, stderr, checkpoint }: Job): Iterable<string> {
  for (const { digest } of inputs) yield digest;
  for (const { digest } of outputs) yield digest;
  if (stdout !== undefined) yield stdout.digest;
  if (stderr !== undefined) yield stderr.digest;
  if (checkpoint === undefined) return;
  for (const { digest } of checkpoint.files) yield digest;
  if (checkpoint.stdout !== undefined) yield checkpoint.stdout.digest;
  if (checkpoint.stderr !== undefined) yield checkpoint.stderr.digest;
}
