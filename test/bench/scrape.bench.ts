import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '#base/clock.ts';
import { metricsText } from '#telemetry/metrics.ts';
import { report } from '#testing/figures.ts';
import { fillPool, fullOperator, seriesIn } from '#testing/scraped-fleet.ts';
import { TestPool } from '#testing/test-pool.ts';

/**
 * What a scrape costs a pool with 10,000 pilots in 100 groups, of 5,000 submitters, and an operator with these groups: how many series there are, how
 * large they are, and the longest time for which nobody else gets a turn. That is CPU time: other work on the machine does not count.
 */
const size = { pilots: 10_000, groups: 100, submitters: 5_000 };
const rounds = 30;

const cpu = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** The longest turn, and all of them together, in milliseconds. */
async function measured(
  scrape: () => Promise<string>,
): Promise<{ longest: number; whole: number; text: string }> {
  let longest = 0;
  let last = cpu();
  let isOver = false;
  const watch = async () => {
    while (!isOver) {
      await nextTurn();
      const now = cpu();
      longest = Math.max(longest, now - last);
      last = now;
    }
  };
  const watching = watch();
  const begun = cpu();
  const text = await scrape();
  const whole = cpu() - begun;
  isOver = true;
  await watching;
  return { longest, whole, text };
}

const pool = await TestPool.start({ leaseSeconds: 3600 });
fillPool(pool, size);
const operator = fullOperator(size.groups, systemClock);
const scrapes = { pool: () => pool.core.metrics.text(), operator: () => metricsText(operator) };
const conditions = `${size.pilots} pilots, ${size.groups} groups, ${size.submitters} submitters, ${rounds} scrapes`;
let series = 0;
for (const [name, scrape] of Object.entries(scrapes)) {
  const all = [];
  for (let round = 0; round < rounds; round += 1) all.push(await measured(scrape));
  const most = (figures: readonly number[]) => Math.round(10 * Math.max(...figures)) / 10;
  const text = all.at(-1)?.text ?? '';
  series += seriesIn(text);
  report({
    name: `the longest turn in a scrape of the ${name}`,
    figure: most(all.map(({ longest }) => longest)),
    unit: 'ms of CPU',
    aim: 50,
    better: 'lower',
    baseline: null,
    conditions,
  });
  report({
    name: `a scrape of the ${name}`,
    figure: most(all.map(({ whole }) => whole)),
    unit: 'ms of CPU',
    aim: null,
    better: 'lower',
    baseline: null,
    conditions,
  });
  report({
    name: `the text of a scrape of the ${name}`,
    figure: Math.round(text.length / 1024),
    unit: 'KiB',
    aim: null,
    better: 'lower',
    baseline: null,
    conditions,
  });
}
report({
  name: 'series of pool and operator together',
  figure: series,
  unit: 'series',
  aim: 5000,
  better: 'lower',
  baseline: null,
  conditions,
});
await pool.destroy();
