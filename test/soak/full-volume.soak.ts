import { killsOnFullVolume } from '#testing/full-volume-kills.ts';

/** A pool that is killed at sixty random instants while its volume fills up starts again each time. Needs root. `--times=N`. */
const found = process.argv.find((each) => each.startsWith('--times='));
const times = found === undefined ? 60 : Number(found.slice('--times='.length));

const report = await killsOnFullVolume({
  times,
  random: Math.random,
  log: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
process.exitCode = report.wrong.length === 0 ? 0 : 1;
