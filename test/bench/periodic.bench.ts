import { cpus } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '#base/clock.ts';
import { JobAds } from '#pool/jobs/job-ads.ts';
import { packProcs } from '#pool/jobs/packed-procs.ts';
import { verdictOf } from '#pool/policy/verdict.ts';
import { apply } from '#pool/queue/apply.ts';
import { PeriodicWatch } from '#pool/queue/periodic-watch.ts';
import { Queue } from '#pool/queue/queue.ts';
import { createLogger } from '#telemetry/logger.ts';
import { jobTexts } from '#testing/ads.ts';
import { report } from '#testing/figures.ts';

/**
 * A million idle jobs with the forms of periodic_remove that real submit files have, one look a minute. The baseline
 * evaluates the policies of each job by its whole ad.
 */
const forms = [
  'JobStatus == 5 && time() - EnteredCurrentStatus > 3600',
  '(JobStatus == 1) && (time() - QDate) > 86400*7',
  'NumJobStarts > 3',
  'JobStatus == 2 && time() - EnteredCurrentStatus > 172800',
];

const minute = 60_000;
const looks = 5;
const sample = 20_000;

const queue = new Queue();
const ads = new JobAds();
const logger = createLogger('bench', { level: 'silent' });

/** Clusters of this many jobs, each job with arguments and an output of its own. */
function fill(jobs: number, size: number): void {
  for (let cluster = 1; cluster <= jobs / size; cluster += 1) {
    const ad = jobTexts({
      Owner: `"user${cluster % 50}"`,
      PeriodicHold: 'false',
      PeriodicRemove: forms[cluster % forms.length] ?? '',
    });
    const procs = Array.from({ length: size }, (_, proc) => ({
      attributes: { Arguments: `"${proc}"`, Out: `"out.${proc}"` },
      inputs: [],
    }));
    const at = Date.now() - 1000 * cluster;
    apply(queue, {
      type: 'submit',
      at,
      cluster,
      key: `key-${cluster}`,
      owner: 'user',
      ad,
      procs: packProcs(procs),
    });
  }
}

const cpuMilliseconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const watch = new PeriodicWatch({
  queue,
  ads,
  clock: systemClock,
  logger,
  interval: minute,
  record: () => Promise.reject(new Error('nothing was to be done')),
  revoke: () => undefined,
  onDefect: () => undefined,
  hasMemoryFor: () => true,
  canRecord: () => true,
});

/** @returns the milliseconds of a processor that one look takes, and the longest time in which nobody else had a turn */
async function measure(): Promise<{ readonly cpu: number; readonly longest: number }> {
  await watch.look();
  let longest = 0;
  let isOver = false;
  const others = (async () => {
    for (let last = performance.now(); !isOver; ) {
      await nextTurn();
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }
  })();
  const began = cpuMilliseconds();
  for (let look = 0; look < looks; look += 1) await watch.look();
  const cpu = (cpuMilliseconds() - began) / looks;
  isOver = true;
  await others;
  return { cpu, longest };
}

/** @returns the same for all jobs, if each is evaluated; from a sample of them */
function naive(): number {
  const environment = { now: () => Math.floor(Date.now() / 1000) };
  const step = 1_000_000 / sample;
  let index = 0;
  const began = cpuMilliseconds();
  for (const job of queue.jobs()) {
    index += 1;
    if (index % step === 0) verdictOf({ ad: ads.whole(job), state: job.state, environment });
  }
  return (cpuMilliseconds() - began) * step;
}

async function run(size: number): Promise<void> {
  fill(1_000_000, size);
  const { cpu, longest } = await measure();
  const baseline = (naive() / minute) * 100;
  const conditions = `1,000,000 idle jobs in clusters of ${size}, 4 forms of periodic_remove, one look a minute, mean of ${looks} warm looks, ${cpus().length} cores; the baseline evaluates each job (from every ${1_000_000 / sample}th)`;
  report({
    name: 'periodic policies of a million jobs',
    figure: (cpu / minute) * 100,
    unit: '% of a core',
    aim: 2,
    better: 'lower',
    baseline,
    conditions,
  });
  report({
    name: 'longest turn of a look at a million jobs',
    figure: longest,
    unit: 'ms',
    aim: 10,
    better: 'lower',
    baseline: null,
    conditions,
  });
}

await run(1000);
