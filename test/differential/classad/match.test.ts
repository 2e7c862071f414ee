import { expect, test } from 'vitest';
import type { ClassAd } from '#classad/class-ad.ts';
import { evaluate } from '#classad/evaluate.ts';
import { parseAd, parseExpression } from '#classad/parser.ts';
import { printValue } from '#classad/print.ts';
import { symmetricMatch } from '#classad/symmetric-match.ts';
import { Oracle } from '../oracle.ts';
import { realisticJobs, realisticSlots } from '../realistic-ads.ts';
import { htcondorRoot, skipWithoutHtcondor } from '../with-htcondor.ts';

const pairs = 5_000;
/** The same pairs each time; `npm run soak -- classad` asks fresh ones. */
const usualSeed = 20_261_129;

test(`${pairs} pairs of realistic ads match or do not match as in HTCondor`, {
  timeout: 300_000,
}, async (context) => {
  skipWithoutHtcondor(context);
  const seed = Number(process.env.GLIDEIN_TEST_SEED ?? usualSeed);
  const slots = realisticSlots(pairs, seed);
  const jobs = realisticJobs(pairs, seed + 1);
  await using oracle = new Oracle(htcondorRoot());
  const verdicts = await oracle.askAll(jobs.map((job, index) => ['m', job, slots[index] ?? '']));
  const ranks = await oracle.askAll(jobs.map((job, index) => ['e', 'Rank', job, slots[index] ?? '']));
  const reasons = await oracle.askAll(
    jobs.map((job, index) => ['e', 'Requirements', job, slots[index] ?? '']),
  );
  const ads = jobs.map((job, index): [ClassAd, ClassAd] => [parseAd(job), parseAd(slots[index] ?? '')]);
  const rank = parseExpression('Rank');
  const requirements = parseExpression('Requirements');
  const wrong = ads.filter(
    ([job, slot], index) =>
      symmetricMatch(job, slot) !== verdicts[index] ||
      printValue(evaluate(rank, job, slot)) !== ranks[index] ||
      printValue(evaluate(requirements, job, slot)) !== reasons[index],
  );
  expect(
    wrong.slice(0, 3).map((pair) => pair.map((ad) => ad.toTexts())),
    `seed ${seed}`,
  ).toEqual([]);
  const matching = verdicts.filter((verdict) => verdict === true).length;
  const open = reasons.filter((value) => value !== 'true' && value !== 'false').length;
  console.log(
    `seed ${seed}: ${matching} of ${pairs} pairs match; ${open} Requirements are undefined or an error`,
  );
  // A comparison of pairs that all fail alike would show nothing.
  expect(matching).toBeGreaterThan(pairs / 20);
  expect(matching).toBeLessThan(pairs * 0.95);
});
