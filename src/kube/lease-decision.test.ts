import { expect, test } from 'vitest';
import { leaseAction, noteVersion } from './lease-decision.ts';
import type { Lease } from './resource.ts';

const lease = (holder: string | undefined, version = '1'): Lease => ({
  metadata: { name: 'operator', namespace: 'n', resourceVersion: version },
  spec: { leaseDurationSeconds: 15, ...(holder === undefined ? {} : { holderIdentity: holder }) },
});

test.each([
  ['does not exist', undefined, 0, 'create'],
  ['is ours', lease('me'), 0, 'renew'],
  ['is ours from long ago', lease('me'), 99_000, 'renew'],
  ['was given back', lease(''), 0, 'take'],
  ['has no holder', lease(undefined), 0, 'take'],
  ['is fresh and not ours', lease('you'), 14_999, 'wait'],
  ['was not renewed for its whole duration', lease('you'), 15_001, 'take'],
] as const)('what to do with a lease that %s', (_, found, age, action) => {
  const seen = noteVersion(undefined, found, 1000);
  expect(leaseAction(seen, 'me', 1000 + age)).toBe(action);
});

test('the age of a lease counts from when its version was first seen, whatever times it contains', () => {
  const first = noteVersion(undefined, lease('you', '1'), 0);
  const same = noteVersion(first, lease('you', '1'), 14_000);
  expect(same.since).toBe(0);
  const renewed = noteVersion(same, lease('you', '2'), 14_500);
  expect(leaseAction(renewed, 'me', 16_000)).toBe('wait');
  expect(leaseAction(renewed, 'me', 29_501)).toBe('take');
});

test('a lease without a duration cannot be held', () => {
  const { spec: _, ...bare } = lease('you');
  expect(leaseAction(noteVersion(undefined, { ...bare, spec: { holderIdentity: 'you' } }, 0), 'me', 1)).toBe(
    'take',
  );
});
