import { expect, test } from 'vitest';
import { spaceFinding } from './space.ts';

const names = { claim: 'data-main-pool-0' };

test('a pool with a full volume is not ready, with the reason, the bytes and what to do', () => {
  const finding = spaceFinding({ state: 'NoSpace', freeBytes: 12 * 2 ** 20 }, names);
  expect(finding).toMatchObject({ type: 'Ready', status: 'False', reason: 'NoSpace' });
  expect(finding?.message).toContain('12Mi are free');
  expect(finding?.message).toContain('enlarge the claim data-main-pool-0');
});

test('a pool with room, or one too old to tell, is what it was', () => {
  expect(spaceFinding({ state: 'Serving', freeBytes: 1 }, names)).toBeUndefined();
  expect(spaceFinding({}, names)).toBeUndefined();
});
