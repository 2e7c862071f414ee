import { expect, it } from 'vitest';
import { jobTexts } from '#testing/ads.ts';
import { submitted } from '#testing/submitted.ts';
import { freshProcs } from '../jobs/fresh-procs.ts';
import type { Job } from '../jobs/job.ts';
import type { JobRow } from '../store/snapshot-rows.ts';
import { apply } from './apply.ts';
import { Unfolded, writeFold } from './fold.ts';
import { Queue } from './queue.ts';

/** Removes clusters of so many procs each, and folds. @returns the rows of the history */
async function removed(clusters: readonly number[], most?: number): Promise<string[]> {
  const queue = new Queue();
  const changed = new Unfolded();
  for (const [index, procs] of clusters.entries()) {
    const cluster = index + 1;
    submitted(queue, { cluster, ad: jobTexts(), procs });
    const { fresh } = apply(queue, {
      type: 'remove',
      at: 1,
      job: { cluster, proc: freshProcs },
      reason: 'r',
    });
    for (const each of fresh) changed.fresh.add(each);
  }
  const rows: JobRow[] = [];
  const store = {
    fold: async ({ jobs = [] }: { readonly jobs?: readonly JobRow[] }) => void rows.push(...jobs),
  };
  await writeFold(store, changed.take(), most);
  return rows.map(({ cluster, proc, ended }) => `${cluster}.${proc} ${ended}`);
}

it('procs that were removed with their cluster leave a row each', async () => {
  expect((await removed([2, 1])).toSorted()).toEqual(['1.0 1', '1.1 1', '2.0 1']);
});

it('procs that the history has no room for leave no row', async () => {
  expect(await removed([3, 4], 5)).toEqual(['2.3 1', '2.2 1', '2.1 1', '2.0 1', '1.2 1']);
});

it('a cluster of more than a million procs leaves no rows', async () => {
  const queue = new Queue();
  const changed = new Unfolded();
  submitted(queue, { ad: jobTexts() });
  const [fresh] = queue.allFresh();
  if (fresh === undefined) throw new Error('there are no fresh procs');
  const huge = { ...fresh.cluster, procs: 1_000_001 } satisfies Job['cluster'];
  Object.assign(fresh, { cluster: huge });
  apply(queue, { type: 'remove', at: 1, job: { cluster: 1, proc: freshProcs }, reason: 'r' });
  changed.fresh.add(fresh);
  const rows: unknown[] = [];
  const store = {
    fold: async ({ jobs = [] }: { readonly jobs?: readonly JobRow[] }) => void rows.push(...jobs),
  };
  await writeFold(store, changed.take());
  expect(rows).toEqual([]);
});
