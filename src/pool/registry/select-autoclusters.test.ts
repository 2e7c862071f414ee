import { describe, expect, it } from 'vitest';
import { jobTexts } from '#testing/ads.ts';
import { submitted } from '#testing/submitted.ts';
import { JobAds } from '../jobs/job-ads.ts';
import type { Autocluster } from '../negotiator/autocluster.ts';
import { Autoclusters } from '../negotiator/autoclusters.ts';
import { Queue } from '../queue/queue.ts';
import { selectAutoclusters } from './select-autoclusters.ts';

const everyJob = ({ waiting }: Autocluster): number => waiting.size;

describe('the autoclusters that an answer tells', () => {
  const queue = new Queue();
  const autoclusters = new Autoclusters(new JobAds());
  let clusters = 0;
  const submit = (owner: string, procs: number, more: Readonly<Record<string, string>> = {}) => {
    clusters += 1;
    const { fresh } = submitted(queue, {
      cluster: clusters,
      owner,
      ad: jobTexts(more),
      procs: Array.from({ length: procs }, (_, index) => ({
        attributes: { RequestMemory: `${clusters * 10_000 + index}` },
        inputs: [],
      })),
    });
    for (const each of fresh) Array.from(autoclusters.updateFresh(each));
  };

  it('somebody with thousands of different jobs does not fill the answer, and the others are all in it', () => {
    submit('mallory', 5_000);
    submit('mallory', 1, { JobPrio: '7' });
    submit('good', 3);
    const { told } = selectAutoclusters(autoclusters.all(), everyJob);
    expect(told.length).toBeLessThan(1_000);
    const ofOwner = (owner: string) =>
      told
        .map(({ autocluster }) => autocluster)
        .filter(({ waiting }) => [...waiting].some(({ cluster }) => cluster.owner === owner));
    expect(ofOwner('good')).toHaveLength(3);
    expect(ofOwner('mallory')[0]?.priority).toBe(7);
    submit('huge', 20, { Env: JSON.stringify('x'.repeat(2 ** 20)) });
    expect(
      JSON.stringify(selectAutoclusters(autoclusters.all(), everyJob).told.map(({ ad }) => ad)).length,
    ).toBeLessThan(5 * 2 ** 20);
  });

  it('what a limit of the pool holds back does not hide what waits for pilots alone', () => {
    submit('physicist', 600, { ConcurrencyLimits: '"licence"', JobPrio: '9' });
    submit('physicist', 2);
    const all = [...autoclusters.all()].filter(({ owner }) => owner === 'physicist');
    const isFree = ({ limits }: Autocluster) => limits.everywhere?.length === 0;
    const { told, limited } = selectAutoclusters(all, (each) => (isFree(each) ? each.waiting.size : 0));
    expect(told.map(({ count }) => count)).toEqual([1, 1]);
    expect(limited).toBe(600);
  });
});
