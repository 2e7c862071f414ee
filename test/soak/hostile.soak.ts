import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomOf } from '#testing/random-of.ts';
import { HostileAttack } from './hostile-attack.ts';

/**
 * 200,000 random jobs against a pool that is killed meanwhile, beside a user who only wants to work. `--jobs=N`,
 * `--kills=N`, `--rounds=N`, `--phase=SECONDS`, `--pace=JOBS-A-SECOND`, `--seed=N`.
 */

/**
 * What the good user must get beside the hostile neighbour, as a share of the rate beside a plain one: less than the
 * whole, because other programs on the machine may slow down one phase and not the other.
 */
const leastPart = 0.75;

const option = (name: string, otherwise: number): number => {
  const found = process.argv.find((each) => each.startsWith(`--${name}=`));
  return found === undefined ? otherwise : Number(found.slice(name.length + 3));
};

const seed = option('seed', Date.now() % 2 ** 31);
const directory = await mkdtemp(join(tmpdir(), 'glidein-hostile-'));
try {
  const begun = performance.now();
  const result = await new HostileAttack({
    directory,
    jobs: option('jobs', 200_000),
    batch: 500,
    kills: option('kills', 5),
    rounds: option('rounds', 4),
    phaseSeconds: option('phase', 10),
    pace: option('pace', 250),
    seed,
    random: randomOf(seed),
    log: (line) => process.stdout.write(`${((performance.now() - begun) / 1000).toFixed(1)} s  ${line}\n`),
  }).run();
  process.stdout.write(`${JSON.stringify({ ...result, harm: result.harm.slice(0, 20) }, undefined, 2)}\n`);
  const { harm, good, hostileToPlain } = result;
  const isUnharmed = harm.length === 0 && good.completed === good.submitted;
  const isUnhindered = Math.min(hostileToPlain.closed, hostileToPlain.open) >= leastPart;
  process.exitCode = isUnharmed && isUnhindered ? 0 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
