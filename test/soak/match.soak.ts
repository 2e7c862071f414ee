import { comparePools, sampleOf } from '../differential/match/small-pools.ts';
import { watchPasses } from '../differential/match/watched-passes.ts';
import { Oracle } from '../differential/oracle.ts';
import { htcondorRoot } from '../differential/with-htcondor.ts';

/**
 * Fresh random small pools: which matches the pool's negotiator makes, compared with the real HTCondor. `npm test` compares the
 * same few hundred each time. `npm run soak -- match --pools=NUMBER --seed=NUMBER`.
 */
const option = (name: string, otherwise: number): number => {
  const said = process.argv.find((arg) => arg.startsWith(`--${name}=`));
  return said === undefined ? otherwise : Number(said.slice(name.length + 3));
};
const pools = option('pools', 10_000);
const first = option('seed', Math.floor(Math.random() * 2 ** 30));
/** Pools that are compared between two lines of progress. */
const together = 500;

if (process.env.GLIDEIN_TEST_HTCONDOR === undefined) {
  console.error(`nothing to compare with: ${process.env.GLIDEIN_TEST_NO_HTCONDOR ?? 'there is no HTCondor'}`);
  process.exitCode = 1;
} else {
  await using oracle = new Oracle(htcondorRoot());
  for (let seed = first; seed < first + pools && process.exitCode === undefined; seed += together) {
    const size = Math.min(together, first + pools - seed);
    const samples = Array.from({ length: size }, (_, index) => sampleOf(seed + index));
    const { pairs, allowed, disagreements } = await comparePools(oracle, samples);
    const { matches, wrong } = await watchPasses(oracle, samples);
    console.log(
      `seeds ${seed} to ${seed + size - 1}: ${allowed} of ${pairs} pairs match, ${matches} matches in passes; ${disagreements.length + wrong.length} differ from HTCondor`,
    );
    if (disagreements.length + wrong.length === 0) continue;
    console.error(
      JSON.stringify({ disagreements: disagreements.slice(0, 5), wrong: wrong.slice(0, 5) }, null, 2),
    );
    process.exitCode = 1;
  }
}
