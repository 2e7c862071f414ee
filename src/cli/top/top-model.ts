import type { SummaryAnswer } from '#wire/summary.ts';

/** What happened between two summaries; undefined figures had no occasion. */
export interface Rates {
  readonly startsPerSecond: number;
  /** Executions that ended, however. */
  readonly endsPerSecond: number;
  /** The share of these that did not complete. */
  readonly failedShare: number | undefined;
  /** How long the jobs that started for the first time had waited, on average. */
  readonly waitedSeconds: number | undefined;
  readonly passesPerSecond: number;
  /** How long a pass of the negotiator took, on average. */
  readonly passMilliseconds: number | undefined;
}

/** What `glidein top` shows. */
export interface TopModel {
  readonly now: SummaryAnswer;
  /** Undefined for the first summary, and after a restart of the pool. */
  readonly rates: Rates | undefined;
  /** Sentences, the most urgent first. */
  readonly problems: readonly string[];
}

export const topModel = (now: SummaryAnswer, before: SummaryAnswer | undefined): TopModel => ({
  now,
  rates: before === undefined ? undefined : ratesOf(now, before),
  problems: problemsOf(now),
});

function ratesOf(now: SummaryAnswer, before: SummaryAnswer): Rates | undefined {
  const seconds = now.servingSeconds - before.servingSeconds;
  // Its counts begin anew with each process of the pool.
  if (seconds <= 0 || now.counts.starts < before.counts.starts) return undefined;
  const since = (read: (counts: SummaryAnswer['counts']) => number): number =>
    Math.max(0, read(now.counts) - read(before.counts));
  const ends = since(executions);
  const passes = since(({ passes: all }) => all);
  const firstStarts = since((counts) => counts.firstStarts);
  return {
    startsPerSecond: since(({ starts }) => starts) / seconds,
    endsPerSecond: ends / seconds,
    failedShare: ends === 0 ? undefined : since(failures) / ends,
    waitedSeconds: firstStarts === 0 ? undefined : since((counts) => counts.waitedSeconds) / firstStarts,
    passesPerSecond: passes / seconds,
    passMilliseconds: passes === 0 ? undefined : (since(({ passSeconds }) => passSeconds) * 1000) / passes,
  };
}

const failed = ['Requeued', 'Held', 'Vacated', 'Lost'] as const;

const failures = ({ ends }: SummaryAnswer['counts']): number =>
  failed.reduce((sum, outcome) => sum + (ends[outcome] ?? 0), 0);

/** A removed job need not have run. */
const executions = (counts: SummaryAnswer['counts']): number =>
  (counts.ends.Completed ?? 0) + failures(counts);

/** Seconds for which a site may say nothing before people are told. */
const longSilence = 45;

function problemsOf({ volume, silentSites, groups, jobs }: SummaryAnswer): string[] {
  return [
    ...(volume.state === 'Serving' ? [] : [`the pool is in the state ${volume.state}: ${volume.message}`]),
    ...silentSites.map(
      ({ site, silentSeconds }) =>
        `the site ${site} has not asked for demand for ${Math.round(silentSeconds)} s`,
    ),
    ...groups.flatMap(({ name, site, blocked, heardSecondsAgo }) => [
      ...(blocked === undefined ? [] : [`${name} at ${site}: ${blocked}`]),
      ...(heardSecondsAgo > longSilence
        ? [`${name} at ${site}: its site was last heard ${Math.round(heardSecondsAgo)} s ago`]
        : []),
    ]),
    ...(groups.length === 0 && (jobs.Idle ?? 0) > 0 ? ['jobs wait, and no group feeds this pool'] : []),
  ];
}
