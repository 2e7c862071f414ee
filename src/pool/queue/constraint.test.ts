import { expect, it } from 'vitest';
import { parseExpression } from '#classad/parser.ts';
import { jobTexts } from '#testing/ads.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { submitted } from '#testing/submitted.ts';
import { JobAds } from '../jobs/job-ads.ts';
import { Constraint } from './constraint.ts';
import { Queue } from './queue.ts';

const queue = new Queue();
submitted(queue, {
  ad: jobTexts({ Kind: '"a"', Deep: 'Size + 1', Twice: '2 * ProcId' }),
  procs: Array.from({ length: 20 }, (_, proc) => ({
    attributes: {
      Size: String(proc % 4),
      Odd: proc % 2 === 1 ? 'Other == 3' : 'true',
      Other: String(proc % 5),
    },
    inputs: [],
  })),
});
const ads = new JobAds();
const clock = new ManualClock(1_000_000);

it.each([
  'true',
  'Kind == "a"',
  'Kind == "b" || JobStatus == 5',
  'ProcId > 7 && ProcId < 12',
  'Twice > 30',
  'Size == 3',
  'Deep == 2 && ProcId > 4',
  'Odd',
  'Odd && Kind == "a"',
  'GlobalJobId == "glidein#1.3#0"',
  'NumJobStarts == 0 && QDate < time()',
  'eval("Si" + "ze") == 1',
  'ClusterId == 1 && Owner == "alice" && Size =!= undefined',
  'Missing > 3',
])('fresh procs satisfy %s exactly if their whole ads do', (text) => {
  const fresh = queue.fresh(1);
  if (fresh === undefined) throw new Error('there are no fresh procs');
  const constraint = new Constraint({ ads, clock }, parseExpression(text));
  const wanted = [...queue.jobsOf(1)].filter((job) => constraint.holds(job)).map(({ proc }) => proc);
  expect([...fresh.procs].filter((proc) => constraint.holdsFor(fresh, proc))).toEqual(wanted);
  if (constraint.holdsForNone(fresh)) expect(wanted).toEqual([]);
  const found = queue.search(undefined, {
    passesOver: (each) => constraint.holdsForNone(each),
    wants: (each, proc) => constraint.holdsFor(each, proc),
  });
  expect([...found].flatMap((job) => job?.proc ?? [])).toEqual(wanted);
});

it('a search passes over procs that all miss, and makes no job of them', () => {
  const constraint = new Constraint({ ads, clock }, parseExpression('Kind == "b"'));
  const fresh = queue.fresh(1);
  expect(fresh !== undefined && constraint.holdsForNone(fresh)).toBe(true);
});
