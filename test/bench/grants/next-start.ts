import { cpus } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ClaimReuse } from '#pool/negotiator/claim-reuse.ts';
import { percentile, report } from '#testing/figures.ts';
import type { Start } from '#wire/pool-messages.ts';
import { BenchCore } from './bench-core.ts';

const pilots = 1000;
const slots = 10 * pilots;
const ends = 500;

/** Ends a job on one pilot after the other. @returns the milliseconds from each end to the next start there */
async function measure(bench: BenchCore): Promise<number[]> {
  const { core } = bench;
  const times: number[] = [];
  for (let end = 0; end < ends; end += 1) {
    const uid = `00000000-0000-4000-8000-${String(end % pilots).padStart(12, '0')}`;
    const pilot = core.collector.get(uid);
    const [job] = core.queue.heldBy(uid);
    if (pilot === undefined || job === undefined) throw new Error('nothing runs there');
    const told = Promise.withResolvers<Start>();
    bench.onStart = told.resolve;
    const at = Date.now();
    const began = performance.now();
    await core.claims.finished(pilot, {
      type: 'finished',
      claim: job.claim.ref,
      outcome: { kind: 'exited', exitCode: 0 },
      startedAt: at,
      endedAt: at,
      usage: { wallSeconds: 0 },
      outputs: [],
    });
    await told.promise;
    times.push(performance.now() - began);
  }
  bench.onStart = undefined;
  return times;
}

/** How soon the next job starts on a slot: with the reuse of claims, and, as the baseline, with a match for each. */
export async function nextStart(): Promise<void> {
  const bench = await BenchCore.open();
  try {
    await bench.submit(1, 100_000, 1);
    bench.register(pilots, false);
    while (bench.starts < slots) await nextTurn();
    const reused = await measure(bench);
    Object.defineProperty(ClaimReuse.prototype, 'ending', { value: () => undefined });
    const matched = await measure(bench);
    report({
      name: 'time from the end of a job to the next start on its slot',
      figure: percentile(reused, 0.5),
      unit: 'ms',
      aim: null,
      better: 'lower',
      baseline: percentile(matched, 0.5),
      conditions: `median of ${ends}, one after the other, ${slots} slots of ${pilots} pilots, all busy, and one submitter whose equal jobs wait; the baseline is a match for each; the pilots are in the process of the pool, its database on a disk, ${cpus().length} cores`,
    });
  } finally {
    await bench.destroy();
  }
}
