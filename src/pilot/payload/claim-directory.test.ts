import { expect, it } from 'vitest';
import { claimDirectory } from './claim-directory.ts';

it.each(['../../etc', '..', '.', 'a/b', '', 'x\0y'])('keeps the claim %j in its place', (id) => {
  expect(claimDirectory('/pilot', id).root).toMatch(/^\/pilot\/claims\/[0-9a-f]{64}$/);
});

it('names the directory as the claim', () => {
  expect(claimDirectory('/pilot', 'abc-1.2').job).toBe('/pilot/claims/abc-1.2/job');
});
