import { expect, it } from 'vitest';
import { jobAd, slotAd } from '#testing/ads.ts';
import { capacity, packedJob } from './capacity.ts';
import { offerOf } from './slot.ts';
import { weighingEnvironment } from './weighing-environment.ts';

it.each(['1e17', '1e308'])('how many jobs fit into a slot with %s of everything is found out', (amount) => {
  const slot = slotAd({ Cpus: amount, Memory: amount, Disk: amount });
  const job = jobAd({ RequestCpus: '1' });
  const packed = packedJob(job, weighingEnvironment(1000, 1));
  const { jobs } = capacity(packed, slot, offerOf(slot), Number.POSITIVE_INFINITY);
  expect(jobs).toBeGreaterThan(0);
  expect(jobs).toBeLessThanOrEqual(2 ** 31);
});
