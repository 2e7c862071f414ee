import { imagesHostile } from '#testing/images-hostile/images-hostile.ts';

/**
 * Images and registries that do harm cost no more than was promised, and no good image. `--copies=N` of each kind, `--good=N`
 * good images in each of two registries, `--kinds=NAME,NAME` for some kinds only.
 */
const option = (name: string): string | undefined =>
  process.argv.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3);

const report = await imagesHostile({
  copies: Number(option('copies') ?? 8),
  good: Number(option('good') ?? 20),
  kinds: option('kinds')?.split(','),
  isShort: false,
  log: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
process.exitCode = report.wrong.length === 0 ? 0 : 1;
