import { describe, expect, it } from 'vitest';
import { summaryOf } from '#testing/example-summary.ts';
import type { SummaryAnswer } from '#wire/summary.ts';
import { topModel } from './top-model.ts';

const counts = (more: Partial<SummaryAnswer['counts']>) => ({ ...summaryOf().counts, ...more });

describe('what top shows', () => {
  it('rates are what happened between two summaries, by the time that the pool has served', () => {
    const before = summaryOf({ servingSeconds: 100 });
    const now = summaryOf({
      servingSeconds: 104,
      counts: counts({
        starts: 140,
        ends: { Completed: 66, Requeued: 3, Held: 1, Removed: 900 },
        firstStarts: 20,
        waitedSeconds: 250,
        passes: 18,
        passSeconds: 0.056,
      }),
    });
    expect(topModel(now, before).rates).toEqual({
      startsPerSecond: 10,
      endsPerSecond: 5,
      failedShare: 0.2,
      waitedSeconds: 15,
      passesPerSecond: 2,
      passMilliseconds: 2,
    });
  });

  it('rates are unknown at first, after a restart of the pool, and while the pool says the same again', () => {
    const before = summaryOf({ servingSeconds: 100 });
    const restarted = summaryOf({ servingSeconds: 3, counts: counts({ starts: 1 }) });
    expect(topModel(before, undefined).rates).toBeUndefined();
    expect(topModel(restarted, before).rates).toBeUndefined();
    expect(topModel(before, before).rates).toBeUndefined();
  });

  it('averages of what did not happen are unknown', () => {
    const rates = topModel(summaryOf({ servingSeconds: 110 }), summaryOf({ servingSeconds: 100 })).rates;
    expect(rates).toMatchObject({ startsPerSecond: 0, endsPerSecond: 0 });
    expect([rates?.failedShare, rates?.waitedSeconds, rates?.passMilliseconds]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('problems are a volume that is full, silent sites, groups that are blocked, and jobs that nobody feeds', () => {
    const [group] = summaryOf().groups;
    if (group === undefined) throw new Error('the example has no group');
    const { problems } = topModel(
      summaryOf({
        volume: { state: 'NoSpace', message: 'almost full' },
        silentSites: [{ site: 'cern', silentSeconds: 61.2 }],
        groups: [
          { ...group, blocked: 'no quota' },
          { ...group, name: 'late', heardSecondsAgo: 50 },
        ],
      }),
      undefined,
    );
    expect(problems).toEqual([
      'the pool is in the state NoSpace: almost full',
      'the site cern has not asked for demand for 61 s',
      'large at here: no quota',
      'late at here: its site was last heard 50 s ago',
    ]);
    expect(topModel(summaryOf({ groups: [] }), undefined).problems).toEqual([
      'jobs wait, and no group feeds this pool',
    ]);
    expect(topModel(summaryOf(), undefined).problems).toEqual([]);
  });
});
