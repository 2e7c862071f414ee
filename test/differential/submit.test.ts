import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type JobAds, ourAds, recordedAnswers, submitFiles, theirAds } from './submit-answers.ts';
import { comparable } from './submit-comparison.ts';
import { htcondorRoot, skipWithoutHtcondor } from './with-htcondor.ts';

function expectEqual(file: string, theirs: JobAds | string): void {
  const [ours, other] = comparable(file, ourAds(file, theirs), theirs);
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
