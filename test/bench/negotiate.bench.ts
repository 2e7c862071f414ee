import { besideHtcondor } from './negotiate/beside-htcondor.ts';
import { passes } from './negotiate/passes.ts';
import { mostBuckets } from './negotiate/slots.ts';

/**
 * The negotiator at the size that it is meant for, and beside HTCondor's. `npm run bench -- negotiate --part=NAME` runs one part;
 * `--scale=0.1` takes a tenth of the jobs, autoclusters, slots and buckets.
 */
const parts = { passes: () => passes(sizesAt(scale)), htcondor: besideHtcondor };

let scale = 1;
let wanted = Object.keys(parts) as (keyof typeof parts)[];
for (const option of process.argv.slice(2)) {
  const [, name, value = ''] = /^--(part|scale)=(.+)$/.exec(option) ?? [];
  if (name === 'part' && Object.hasOwn(parts, value)) wanted = [value as keyof typeof parts];
  else if (name === 'scale' && Number(value) >= 0.01 && Number(value) <= 10) scale = Number(value);
  else {
    const names = Object.keys(parts).join(' or ');
    process.stderr.write(`${option}: write --part=${names}, or --scale=NUMBER from 0.01 to 10\n`);
    process.exit(2);
  }
}

function sizesAt(factor: number) {
  const autoclusters = Math.round(1000 * factor);
  return {
    jobs: 1000 * autoclusters,
    autoclusters,
    slots: Math.round(100_000 * factor),
    buckets: Math.min(mostBuckets, Math.round(2000 * factor)),
  };
}

for (const name of wanted) await parts[name]();
