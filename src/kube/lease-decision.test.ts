import { expect, test } from 'vitest';
import { decide, observe } from './lease-decision.ts';
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
] as const)('a lease that %s', (_, found, age, action) => {
  const seen = observe(undefined, found, 1000);
  expect(decide(seen, 'me', 1000 + age)).toBe(action);
});

test('the age counts from when a version was first seen, whatever the times in it say', () => {
  const first = observe(undefined, lease('you', '1'), 0);
  const same = observe(first, lease('you', '1'), 14_000);
  expect(same.since).toBe(0);
  const renewed = observe(same, lease('you', '2'), 14_500);
  expect(decide(renewed, 'me', 16_000)).toBe('wait');
  expect(decide(renewed, 'me', 29_501)).toBe('take');
});

test('a lease without a duration cannot be held', () => {
  const { spec: _, ...bare } = lease('you');
  expect(decide(observe(undefined, { ...bare, spec: { holderIdentity: 'you' } }, 0), 'me', 1)).toBe('take');
});
