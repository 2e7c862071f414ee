import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mintToken } from '#pool/auth/tokens.ts';
import { PoolCommand } from '#testing/pool-command.ts';
import { attacks } from './latency/attacks.ts';
import { waitsBeside } from './latency/beside.ts';
import { Target } from './latency/target.ts';

/**
 * How long a user with small jobs waits for a start, for the next start and for `q`, alone and beside a hostile submitter or hostile
 * pilots, in turn. `--only=WORDS`, `--rounds=N`, `--phase=SECONDS`, `--pilots=N`, `--seed=N`.
 */

/** What the good user may wait at most beside an attack, as a multiple of what it waits alone. */
const mostRatio = 1.25;

const said = (name: string): string | undefined =>
  process.argv.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3);
const option = (name: string, otherwise: number): number => Number(said(name) ?? otherwise);

const seed = option('seed', Date.now() % 2 ** 31);
const directory = await mkdtemp(join(tmpdir(), 'glidein-latency-'));
const pool = await PoolCommand.start({ directory, arguments: ['--log-level', 'warn'] });
try {
  const key = await readFile(join(directory, 'pool.key'));
  const target = new Target({
    url: pool.url,
    token: (role, subject) => mintToken(key, { role, subject }, 36_000),
  });
  const order = { url: pool.url, key, size: 1, seed };
  process.stdout.write(`seed ${seed}\n`);
  const reports = await waitsBeside({
    target,
    attacks: attacks(order).flatMap(({ name }) => (name.includes(said('only') ?? '') ? [name] : [])),
    order,
    rounds: option('rounds', 3),
    seconds: option('phase', 5),
    pilots: option('pilots', 100),
    onPhase: (report) => process.stdout.write(`${JSON.stringify(report)}\n`),
  });
  for (const { attack, ratio } of reports)
    process.stdout.write(`${JSON.stringify(ratio).padEnd(80)} ${attack}\n`);
  const worst = Math.max(...reports.flatMap(({ ratio }) => Object.values(ratio)));
  process.exitCode = worst <= mostRatio ? 0 : 1;
  await target.close();
} finally {
  await pool.end('SIGTERM');
  await rm(directory, { recursive: true, force: true });
}
