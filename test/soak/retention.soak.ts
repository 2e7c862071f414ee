import { liveOnSmallVolume } from './retention-life.ts';

/** A pool lives through three million short jobs on a volume of 2 GiB. Needs root. `--jobs=N --megabytes=N`. */
const numberOf = (name: string, usual: number): number => {
  const found = process.argv.find((each) => each.startsWith(`--${name}=`));
  return found === undefined ? usual : Number(found.slice(name.length + 3));
};

const report = await liveOnSmallVolume({
  jobs: numberOf('jobs', 3_000_000),
  megabytes: numberOf('megabytes', 2048),
  pilots: 200,
  log: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
process.exitCode = report.states.join() === 'Serving' ? 0 : 1;
