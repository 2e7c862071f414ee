import { imagesHostile } from '#testing/images-hostile/images-hostile.ts';
import { reportTable } from '#testing/images-hostile/report-table.ts';

/**
 * Images and registries that do harm cost no more than was promised, and no good image. It ends within seven minutes. `--copies=N` of each
 * kind that does not take long, `--good=N` good images in each of two registries, `--kinds=NAME,NAME` for some kinds only.
 * Memory and disk are bounded as in a pod only for root, who can make control groups and mount volumes.
 */
const option = (name: string): string | undefined =>
  process.argv.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3);

const ending = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => ending.abort(new Error(`ended by ${signal}`)));

const report = await imagesHostile({
  copies: Number(option('copies') ?? 2),
  good: Number(option('good') ?? 10),
  kinds: option('kinds')?.split(','),
  isCompared: true,
  run: { limit: 300_000, timeLimit: '90s', pause: 2000 },
  log: (line) => process.stdout.write(`${line}\n`),
  signal: ending.signal,
});
process.stdout.write(`${reportTable(report)}\n${report.wrong.join('\n')}\n`);
process.exitCode = report.wrong.length === 0 ? 0 : 1;
