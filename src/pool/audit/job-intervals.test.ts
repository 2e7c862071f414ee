import { expect, it } from 'vitest';
import { JobIntervals } from './job-intervals.ts';

it('jobs that follow each other are one interval, and whole clusters are named by their number', () => {
  const jobs = new JobIntervals();
  for (const proc of [0, 1, 2, 5]) jobs.add(7, proc);
  jobs.add(7, 6, 999_999);
  jobs.add(8, undefined);
  jobs.add(9, 0);
  expect(jobs.texts()).toEqual(['7.0-7.2', '7.5-7.999999', '8', '9.0']);
  expect(jobs.isWider).toBe(false);
});

it('so many intervals that they are not all listed end with one that includes the rest', () => {
  const jobs = new JobIntervals();
  for (let proc = 2000; proc >= 0; proc -= 2) jobs.add(7, proc);
  expect(jobs.texts()).toHaveLength(50);
  expect(jobs.texts().at(-1)).toBe('7.0-7.1902');
  expect(jobs.isWider).toBe(true);
});
