import { expect, test } from 'vitest';
import { occasionally } from './watch.ts';

test('what is costly is looked up at first and after a minute of watching, and shown every time', async () => {
  let looks = 0;
  const shown = occasionally(async () => {
    looks += 1;
    return looks;
  });
  const seen: number[] = [];
  for (let time = 0; time < 61; time += 1) seen.push(await shown());
  expect([looks, seen[0], seen[29], seen[30], seen[60]]).toEqual([3, 1, 1, 2, 3]);
});
