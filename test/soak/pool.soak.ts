import { crashRun } from '#testing/crash/crash-run.ts';

/**
 * Submitters and pilots work with a pool that is killed at random instants and whose disk fills up, and a record of what each of
 * them was told is compared with what the pool knows at the end. Needs root, for the small volume. `--seed=N`, `--jobs=N`,
 * `--kills=N`, `--submitters=N`, `--pilots=N`, `--fulls=N`.
 */
const option = (name: string, otherwise: number): number => {
  const said = process.argv.find((each) => each.startsWith(`--${name}=`));
  return said === undefined ? otherwise : Number(said.slice(name.length + 3));
};

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

const seed = option('seed', Date.now() % 2 ** 31);
process.stdout.write(`seed ${seed}\n`);
const wanted = { jobs: option('jobs', 50_000), kills: option('kills', 50), fulls: option('fulls', 2) };
const report = await crashRun({
  ...wanted,
  seed,
  submitters: option('submitters', 20),
  pilots: option('pilots', 200),
  largestSubmission: 600,
  leaseSeconds: 10,
  restEvery: 8,
  troubleEvery: 200,
  signal: interrupted.signal,
  log: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(
  `${JSON.stringify({ seed, ...report, faults: report.faults.slice(0, 50) }, undefined, 2)}\n`,
);
process.stdout.write(`${report.faults.length} faults\n`);
const attacked = report.kills >= wanted.kills && report.fulls >= wanted.fulls;
process.exit(report.faults.length === 0 && attacked ? 0 : 1);
