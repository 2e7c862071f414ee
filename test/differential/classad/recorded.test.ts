import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ourAnswer } from './answers.ts';
import { judge } from './differences.ts';
import { type Recorded, recordedFile } from './recorded.ts';

test('recorded cases mean what they meant to HTCondor', () => {
  const lines = gunzipSync(readFileSync(recordedFile)).toString('utf8').trimEnd().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(20_000);
  const different = lines
    .map((line) => JSON.parse(line) as Recorded)
    .map(([expression, my, target, theirs]) => {
      const given = { expression, my, target };
      return { ...given, theirs, ours: ourAnswer(given) };
    })
    .filter((row) => judge(row, row.theirs, row.ours) === undefined);
  expect(different).toEqual([]);
});
