import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type JobAds, ourAds, recordedAnswers, submitFiles, theirAds } from './submit-answers.ts';
import { htcondorRoot, skipWithoutHtcondor } from './with-htcondor.ts';

/** What depends on the moment, on the machine or on who asks, and so is left out of the comparison. */
const volatile: Readonly<Record<string, string>> = {
  qdate: 'the moment',
  enteredcurrentstatus: 'the moment',
  owner: 'the submitter; undefined in a dry run',
  user: 'the submitter; not there in a dry run',
  condorversion: "the submitting HTCondor's own",
  condorplatform: "the submitting HTCondor's own",
  submitversion: "the submitting HTCondor's own",
  filesystemdomain: 'the submitting machine',
};

/** A factory's dry run shows the cluster alone, without what each job has of its own. */
const ownOfJobs = ['procid', 'jobstatus'];

function withoutVolatile(ad: JobAds[number], others: readonly string[] = []): JobAds[number] {
  return Object.fromEntries(
    Object.entries(ad).filter(([name]) => !(name in volatile) && !others.includes(name)),
  );
}

function comparable(file: string, ads: JobAds | string, factory: boolean): JobAds | string {
  // Each says in its own words why.
  if (typeof ads === 'string') return `${file}: ${ads.replace(/^(refused): .*/s, '$1')}`;
  return factory
    ? ads.slice(0, 1).map((ad) => withoutVolatile(ad, ownOfJobs))
    : ads.map((ad) => withoutVolatile(ad));
}

function expectEqual(file: string, theirs: JobAds | string): void {
  const factory = typeof theirs !== 'string' && theirs[0]?.procid === undefined;
  const [ours, other] = [ourAds(file, theirs), theirs].map((ads) => comparable(file, ads, factory));
  expect(ours, file).toEqual(other);
}

const files = submitFiles();

test('there are a hundred files of varied kinds', () => {
  expect(files.length).toBeGreaterThanOrEqual(100);
  expect(new Set(files.map((file) => file.split('-')[0])).size).toBeGreaterThanOrEqual(10);
});

describe('the ads that condor_submit made once', () => {
  const recorded = JSON.parse(readFileSync(recordedAnswers, 'utf8')) as Record<string, JobAds>;
  test.each(files)('%s', (file) => {
    expectEqual(file, recorded[file] ?? 'was not recorded: run hack/update-submit-answers.ts');
  });
});

test('the ads that condor_submit makes now', { timeout: 600_000 }, async (context) => {
  skipWithoutHtcondor(context);
  const answers = await theirAds(htcondorRoot(), files);
  for (const [file, theirs] of answers) expectEqual(file, theirs);
});
