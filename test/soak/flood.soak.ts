import { flood } from '#testing/flood.ts';

/**
 * A pool with 1 GiB of memory and 1 GiB of disk under a flood of submissions, inputs and outputs for ten minutes. It refuses with
 * reasons, serves a user with small jobs, and recovers completely. Needs root, to mount the disk. `--seconds=N`.
 */
const found = process.argv.find((each) => each.startsWith('--seconds='));
const seconds = found === undefined ? 600 : Number(found.slice('--seconds='.length));

const report = await flood({
  seconds,
  quietSeconds: 5,
  disk: 1024,
  heap: 665,
  log: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
const isWhole =
  report.lives === 1 &&
  report.failures.length === 0 &&
  report.memory.most < 1024 &&
  report.heap.after < report.heap.before + 30 &&
  report.disk.most < 1024 &&
  report.good.after < 3 * report.good.before + 100;
process.exitCode = isWhole ? 0 : 1;
