import type { SummaryAnswer } from '#wire/summary.ts';

/** The summary of a pool with one group and one submitter. */
export const summaryOf = (more: Partial<SummaryAnswer> = {}): SummaryAnswer => ({
  time: 1_700_000_000_000,
  servingSeconds: 3600,
  jobs: { Idle: 1203, Running: 512, Held: 3, Completed: 0, Removed: 0 },
  pilots: { Idle: 12, Busy: 64, Draining: 4, Away: 0 },
  cores: { total: 640, used: 512 },
  freeCores: 96,
  claims: 512,
  counts: {
    starts: 100,
    ends: { Completed: 50, Requeued: 0, Held: 0, Vacated: 0, Lost: 0, Removed: 7 },
    firstStarts: 10,
    waitedSeconds: 100,
    passes: 10,
    passSeconds: 0.04,
  },
  groups: [
    {
      name: 'large',
      site: 'here',
      wanted: 80,
      heardSecondsAgo: 1,
      pilots: { Idle: 12, Busy: 64, Draining: 4, Away: 0 },
      cores: { total: 640, used: 512 },
    },
  ],
  submitters: [{ name: 'alice', idle: 1203, running: 512, cores: 512, priority: 1234.5 }],
  more: { groups: 0, submitters: 0 },
  silentSites: [],
  volume: { state: 'Serving', message: '' },
  ...more,
});
