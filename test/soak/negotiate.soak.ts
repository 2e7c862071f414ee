import { RandomNegotiation } from '#testing/random-negotiation/random-negotiation.ts';

/**
 * Pools to which everything happens that can happen, in random order; each grant is checked alone, and whenever the negotiator has
 * nothing left to do, whether a job waits that could run. `npm test` does the same for a moment.
 * `npm run soak -- negotiate --seconds=NUMBER --seed=NUMBER --steps=NUMBER`.
 */
const option = (name: string, otherwise: number): number => {
  const said = process.argv.find((arg) => arg.startsWith(`--${name}=`));
  return said === undefined ? otherwise : Number(said.slice(name.length + 3));
};
const steps = option('steps', 1_500);
const first = option('seed', Math.floor(Math.random() * 2 ** 30));
const until = performance.now() + option('seconds', 120) * 1_000;

let [pools, checks, grants] = [0, 0, 0];
for (let seed = first; performance.now() < until && process.exitCode === undefined; seed += 1) {
  const pool = new RandomNegotiation({ seed, byTime: seed % 2 === 0, alike: seed % 4 < 2 });
  try {
    pool.run(steps);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
  pools += 1;
  checks += pool.checks;
  grants += pool.scene.granted.length;
}
console.log(
  `${pools} pools from seed ${first}, ${steps} steps each: ${grants} grants, ${checks} checks of what waits`,
);
