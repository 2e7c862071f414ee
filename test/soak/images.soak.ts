import { publisherKills } from '#testing/publisher-kills.ts';

/** A publisher that is killed at a hundred random instants leaves no name that leads to half an image. `--times=N`. */
const found = process.argv.find((each) => each.startsWith('--times='));
const times = found === undefined ? 100 : Number(found.slice('--times='.length));

const report = await publisherKills({
  times,
  random: Math.random,
  log: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
process.exitCode = report.wrong.length === 0 ? 0 : 1;
