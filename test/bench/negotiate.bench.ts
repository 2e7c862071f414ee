import { passes } from './negotiate/passes.ts';
import { mostBuckets } from './negotiate/slots.ts';

/**
 * The negotiator at the size that it is meant for. `npm run bench -- negotiate --scale=0.1`: with a tenth of the jobs,
 * autoclusters, slots and buckets.
 */
const said = process.argv
  .slice(2)
  .map((option) => /^--scale=([0-9.]+)$/.exec(option)?.[1] ?? `unknown: ${option}`);
const scale = Number(said[0] ?? 1);
if (!(scale >= 0.01 && scale <= 10)) {
  process.stderr.write(`${said.join(' ')}: write --scale=NUMBER, from 0.01 to 10\n`);
  process.exit(2);
}
const autoclusters = Math.round(1000 * scale);
await passes({
  jobs: 1000 * autoclusters,
  autoclusters,
  slots: Math.round(100_000 * scale),
  buckets: Math.min(mostBuckets, Math.round(2000 * scale)),
});
