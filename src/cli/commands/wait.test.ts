import { expect, it } from 'vitest';
import { lookPause } from './wait.ts';

it('a pool that takes long to list its jobs is asked less often, but at least once a minute', () => {
  expect([4, 2000, 25_000].map(lookPause)).toEqual([40, 20_000, 60_000]);
});
