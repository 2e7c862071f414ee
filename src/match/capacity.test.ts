import { expect, it } from 'vitest';
import { jobAd, slotAd } from '#testing/ads.ts';
import { capacity, packedJob } from './capacity.ts';
import { offerOf } from './slot.ts';
import { weighingEnvironment } from './weighing-environment.ts';

it.each([
  ['1048576', 2 ** 20],
  ['1e17', 0],
  ['1e308', 0],
])('a slot that says that it has %s cores takes %d jobs', (cores, expected) => {
  const slot = slotAd({ Cpus: cores, Memory: '1e12', Disk: '1e15' });
  const job = packedJob(jobAd({ RequestCpus: '1', RequestMemory: '128' }), weighingEnvironment(1000, 1));
  const { jobs } = capacity(job, slot, offerOf(slot), Number.POSITIVE_INFINITY);
  expect(jobs).toBe(expected);
});
