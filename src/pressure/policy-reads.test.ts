import { expect, test } from 'vitest';
import { readByPolicies } from './policy-reads.ts';

test.each([
  [['Owner == "alice"'], ['owner']],
  [
    ['MY.JobBatchName == "x" && AccountingGroup =!= undefined', 'true'],
    ['accountinggroup', 'jobbatchname'],
  ],
  [['eval(Text)'], ['*', 'text']],
  [['((('], []],
])('policies with jobs %j read %j of jobs', (jobs, names) => {
  expect(readByPolicies(jobs.map((each) => ({ jobs: each })))).toEqual(names);
});
