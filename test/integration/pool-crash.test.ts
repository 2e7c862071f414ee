import { beforeAll, describe, expect, it } from 'vitest';
import type { CrashReport } from '#testing/crash/crash-report.ts';
import { crashRun } from '#testing/crash/crash-run.ts';

/** Filling up a disk needs a volume of its own, and mounting one needs root. */
const fulls = process.getuid?.() === 0 ? 1 : 0;

/** A seed in the environment repeats a run, as far as the machine's timing allows. */
const seed = Number(process.env.GLIDEIN_TEST_SEED ?? Date.now() % 2 ** 31);

/** A short form of `npm run soak -- pool`. */
describe(`a pool that is killed again and again under load (seed ${seed})`, () => {
  let report: CrashReport;
  beforeAll(async () => {
    report = await crashRun({
      seed,
      submitters: 5,
      pilots: 15,
      jobs: 600,
      largestSubmission: 120,
      kills: 5,
      fulls,
      leaseSeconds: 10,
      troubleEvery: 200,
      log: () => undefined,
    });
  });

  it('was really killed and its disk was full, while clients and pilots worked and lost their answers', () => {
    expect(report).toMatchObject({ fulls, kills: expect.toSatisfy((kills: number) => kills >= 5) });
    const { submissions, unanswered, actions, recorded, deaths, events, files } = report;
    const least = {
      jobs: 600,
      acknowledged: 10,
      unanswered: 10,
      actions: 10,
      recorded: 100,
      deaths: 2,
      events: 100,
      files: 5,
    };
    const figures = { ...submissions, unanswered, actions, recorded, deaths, events, files };
    for (const [name, count] of Object.entries(least))
      expect([name, figures[name as keyof typeof least]]).toEqual([
        name,
        expect.toSatisfy((found) => found >= count),
      ]);
  });

  it('has every acknowledged job once, done once, with its result, and no unacknowledged one by halves', () => {
    expect(report.faults).toEqual([]);
  });
});
