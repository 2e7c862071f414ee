import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breaker } from '#api/pilot-failures.ts';
import { breakerVerdict, type PilotStart } from './breaker.ts';
import { PilotStarts } from './pilot-starts.ts';

const policy = breaker.parse({ failures: 3, within: '10m', probeAfter: '2m', probeAtMost: '30m' });
const minute = 60_000;
const failuresAt = (...minutes: number[]): PilotStart[] =>
  minutes.map((at) => ({ at: at * minute, failed: true }));
const success = (at: number): PilotStart => ({ at: at * minute, failed: false });
const verdict = (starts: readonly PilotStart[], now: number, starting = 0) =>
  breakerVerdict(starts, policy, now * minute, starting);

describe('the breaker', () => {
  it('a breaker is closed before there are enough failures', () => {
    expect(verdict([], 0)).toEqual({
      state: 'Closed',
      allowed: Number.POSITIVE_INFINITY,
      reason: undefined,
    });
    expect(verdict(failuresAt(0, 1), 1).allowed).toBe(Number.POSITIVE_INFINITY);
  });

  it('a breaker opens for the pause after enough failures close together', () => {
    expect(verdict(failuresAt(0, 1, 2), 3)).toEqual({
      state: 'Open',
      allowed: 0,
      reason: '3 pilots in a row failed to start',
      wait: minute,
    });
  });

  it('a breaker stays closed when the failures are further apart', () => {
    expect(verdict(failuresAt(0, 8, 16, 24), 24).allowed).toBe(Number.POSITIVE_INFINITY);
  });

  it('a success closes the breaker', () => {
    expect(verdict([...failuresAt(0, 1, 2), success(3), ...failuresAt(4, 5)], 5).allowed).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it('a breaker tries one pilot after the pause, and no second while that one starts', () => {
    expect(verdict(failuresAt(0, 1, 2), 4)).toEqual({
      state: 'Probing',
      allowed: 1,
      reason: '3 pilots in a row failed to start; one is tried',
    });
    expect(verdict(failuresAt(0, 1, 2), 4, 1).allowed).toBe(0);
  });

  it.each([
    [failuresAt(0, 1, 2), 2],
    [failuresAt(0, 1, 2, 4), 4],
    [failuresAt(0, 1, 2, 4, 8), 8],
    [failuresAt(0, 1, 2, 4, 8, 16, 32), 30],
    [failuresAt(...Array.from({ length: 2000 }, (_, n) => n)), 30],
  ])('a breaker doubles the pause with each failed trial, up to the longest', (starts, pause) => {
    const last = (starts.at(-1)?.at ?? 0) / minute;
    expect(verdict(starts, last + pause - 0.1).allowed).toBe(0);
    expect(verdict(starts, last + pause).allowed).toBe(1);
  });

  it('a breaker does not close merely because its failures were long ago', () => {
    expect(verdict(failuresAt(0, 1, 2), 100_000).allowed).toBe(1);
  });

  it('a breaker allows all, one or none, and after opening never more than one without a success', () => {
    const starts = fc.array(fc.record({ gap: fc.nat(20), failed: fc.boolean() }), { maxLength: 30 });
    fc.assert(
      fc.property(starts, fc.nat(60), fc.nat(3), (steps, later, starting) => {
        const all = new PilotStarts();
        let at = 0;
        let run = 0;
        for (const { gap, failed } of steps) {
          at += gap * minute;
          all.add({ at, failed });
          run = failed ? run + 1 : 0;
        }
        const { allowed, reason } = breakerVerdict(all.all, policy, at + later * minute, starting);
        expect([0, 1, Number.POSITIVE_INFINITY]).toContain(allowed);
        expect(reason === undefined).toBe(allowed === Number.POSITIVE_INFINITY);
        if (run < policy.failures) expect(allowed).toBe(Number.POSITIVE_INFINITY);
        if (allowed === 1) expect(starting).toBe(0);
      }),
    );
  });
});

it('failed starts are remembered since the last success, and not endlessly many', () => {
  const starts = new PilotStarts();
  for (let at = 0; at < 5000; at += 1) starts.add({ at, failed: true });
  expect(starts.all.length).toBeLessThanOrEqual(1100);
  expect(starts.all.at(-1)?.at).toBe(4999);
  starts.add({ at: 5000, failed: false });
  expect(starts.all).toEqual([]);
});
