import { expect, test } from 'vitest';
import { Oracle } from '../oracle.ts';
import { htcondorRoot, skipWithoutHtcondor } from '../with-htcondor.ts';
import { comparePools, sampleOf } from './small-pools.ts';
import { watchPasses } from './watched-passes.ts';

const pools = 500;
const passes = 100;
/** The same pools each time; `npm run soak -- match` takes fresh ones. */
const seed = Number(process.env.GLIDEIN_TEST_SEED ?? 20_261_130);
/** Among these are pools in which jobs once waited for the next event although they fitted. */
const passSeed = Number(process.env.GLIDEIN_TEST_SEED ?? 711_569_100);

const samples = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => sampleOf(first + index));

test(`in ${pools} random small pools the negotiator makes exactly the matches that HTCondor allows`, async (context) => {
  skipWithoutHtcondor(context);
  await using oracle = new Oracle(htcondorRoot());
  const { pairs, allowed, disagreements } = await comparePools(oracle, samples(seed, pools));
  expect(disagreements.slice(0, 3), `seed ${seed}`).toEqual([]);
  console.log(`seed ${seed}: ${allowed} of ${pairs} pairs of jobs and slots match`);
  // Pools in which nothing or everything matches would show nothing.
  expect(allowed).toBeGreaterThan(pairs / 20);
  expect(allowed).toBeLessThan(pairs * 0.8);
});

test(`in passes over ${passes} small pools each match is allowed, Rank and priority decide, and nothing that fits waits`, async (context) => {
  skipWithoutHtcondor(context);
  await using oracle = new Oracle(htcondorRoot());
  const { matches, suspicions, wrong } = await watchPasses(oracle, samples(passSeed, passes));
  expect(wrong, `seed ${passSeed}`).toEqual([]);
  console.log(`seed ${passSeed}: ${matches} matches, ${suspicions} other pairs at some moment of a pass`);
  expect(matches).toBeGreaterThan(passes / 2);
});
