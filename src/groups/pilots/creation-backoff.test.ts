import { expect, it } from 'vitest';
import { CreationBackoff } from './creation-backoff.ts';

const fault = { reason: 'QuotaExhausted', message: 'exceeded quota: rq' };

it('a group whose pods are refused waits longer each time, and no longer once one was created', () => {
  const backoff = new CreationBackoff();
  backoff.refused(
    () => fault,
    0,
    () => 0.5,
  );
  const first = backoff.wait(0);
  expect(first).toBeGreaterThan(0);
  // Others that were asked for at the same time are refused too: that is one refusal.
  backoff.refused(
    () => fault,
    1,
    () => 0.5,
  );
  expect(backoff.wait(0)).toBe(first);
  expect([backoff.isWaiting(first - 1), backoff.isWaiting(first)]).toEqual([true, false]);
  backoff.refused(
    () => fault,
    first,
    () => 0.5,
  );
  expect(backoff.wait(first)).toBeGreaterThan(first);
  expect(backoff.fault).toBe(fault);
  backoff.succeeded();
  expect([backoff.wait(first), backoff.fault]).toEqual([0, undefined]);
});

it('a refusal of more than ten minutes ago is forgotten when the group asks again', () => {
  const backoff = new CreationBackoff();
  backoff.refused(
    () => fault,
    0,
    () => 0.5,
  );
  const over = backoff.wait(0);
  expect(backoff.isWaiting(over + 600_000)).toBe(false);
  expect(backoff.fault).toBe(fault);
  expect(backoff.isWaiting(over + 600_001)).toBe(false);
  expect(backoff.fault).toBeUndefined();
});
