import { expect, it } from 'vitest';
import { counted, type ProbeCount } from './probe-count.ts';

const limits = { failureThreshold: 3, successThreshold: 2 };
const after = (checks: readonly boolean[], holds: boolean) =>
  checks.reduce<ProbeCount>((count, ok) => counted(count, ok, limits), { holds, against: 0 }).holds;

it('a probe no longer holds after as many failures in a row as its threshold says', () => {
  expect(after([false, false], true)).toBe(true);
  expect(after([false, false, true, false, false], true)).toBe(true);
  expect(after([false, false, false], true)).toBe(false);
});

it('a probe holds again after as many successes in a row as its threshold says', () => {
  expect(after([true], false)).toBe(false);
  expect(after([true, false, true], false)).toBe(false);
  expect(after([true, true], false)).toBe(true);
});
