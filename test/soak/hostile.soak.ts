import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostileAttack } from './hostile-attack.ts';
import { randomOf } from './random-of.ts';

/**
 * 200,000 random jobs against a pool that is killed meanwhile, beside a user who only wants to work. `--jobs=N`,
 * `--kills=N`, `--seed=N`.
 */
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
    aloneSeconds: 15,
    seed,
    random: randomOf(seed),
    log: (line) => process.stdout.write(`${((performance.now() - begun) / 1000).toFixed(1)} s  ${line}\n`),
  }).run();
  process.stdout.write(`${JSON.stringify({ ...result, harm: result.harm.slice(0, 20) }, undefined, 2)}\n`);
  process.exitCode = result.harm.length === 0 && result.good.completed === result.good.submitted ? 0 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
