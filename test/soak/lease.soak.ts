import { type Story, stories } from '#testing/lease-protocol/stories.ts';
import { tell } from '#testing/lease-protocol/tell.ts';

/**
 * The pool's and the pilot's own parts live through random scenarios in a simulated network: delay, loss, repetition, messages
 * that overtake each other on another connection, cuts, clocks that differ by 30 %, kills of the pool, and older databases
 * put back. No job may run twice at once, be completed twice, or be lost. `--seconds=N`, `--seed=N`.
 */
const option = (name: string, otherwise: number): number => {
  const said = process.argv.find((each) => each.startsWith(`--${name}=`));
  return said === undefined ? otherwise : Number(said.slice(name.length + 3));
};
const seconds = option('seconds', 240);
const runs = 25;
let seed = option('seed', Date.now() % 1_000_000_000);
const done = { scenarios: 0, executions: 0, firstSeed: seed };
for (
  const end = performance.now() + seconds * 1000;
  performance.now() < end && !process.exitCode;
  seed += 1
) {
  for (const story of Object.keys(stories) as Story[]) {
    const { executions, broken } = await tell(story, { runs, seed, shrinks: true });
    done.scenarios += runs;
    done.executions += executions;
    if (broken === undefined) continue;
    process.stdout.write(`${JSON.stringify({ story, seed, ...broken }, undefined, 2)}\n`);
    process.exitCode = 1;
  }
}
process.stdout.write(`${JSON.stringify(done, undefined, 2)}\n`);
