import { UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { awaitSuccessor, lifeOf } from './token-life.ts';

const token = (claims: Record<string, unknown>) => new UnsecuredJWT(claims).encode();

describe('the life of a token', () => {
  it('is read from the token, and is unknown if the token does not say', () => {
    expect(lifeOf(token({ iat: 100, exp: 200 }))).toEqual({ from: 100_000, until: 200_000 });
    expect(lifeOf(token({ nbf: 100, exp: 200 }))).toEqual({ from: 100_000, until: 200_000 });
    for (const none of [token({ exp: 200 }), token({ iat: 1 }), token({ iat: 200, exp: 200 }), 'secret', ''])
      expect(lifeOf(none)).toBeUndefined();
  });
});

describe('the successor of a token', () => {
  const begin = (random: number) => {
    const clock = new ManualClock(100_000);
    const reads: number[] = [];
    let found = 0;
    let current = token({ iat: 100, exp: 3700 });
    const timer = awaitSuccessor(current, {
      read: () => {
        reads.push(clock.monotonic() / 1000);
        return current;
      },
      clock,
      random: () => random,
      found: () => {
        found += 1;
      },
    });
    const pass = async (seconds: number) => {
      clock.advance(seconds * 1000);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    };
    return {
      clock,
      timer,
      reads,
      pass,
      replace: (text: string) => {
        current = text;
      },
      found: () => found,
    };
  };

  it('is looked for after four fifths of its life, with a random delay, and then after every fiftieth', async () => {
    const early = begin(0);
    await early.pass(2879);
    expect(early.reads).toEqual([]);
    await early.pass(1);
    await early.pass(72);
    expect(early.reads).toEqual([2880, 2952]);
    early.replace(token({ iat: 3000, exp: 6600 }));
    await early.pass(72);
    expect(early.found()).toBe(1);
    expect(early.clock.timers).toBe(0);
    const late = begin(0.99);
    await late.pass(3059);
    expect(late.reads).toHaveLength(1);
  });

  it('is no longer looked for when the connection has ended', async () => {
    const { timer, clock, pass, reads } = begin(0);
    await pass(2880);
    timer.cancel();
    expect(clock.timers).toBe(0);
    await pass(1000);
    expect(reads).toHaveLength(1);
  });

  it('is not looked for if the token does not say when it expires', () => {
    const clock = new ManualClock();
    awaitSuccessor('secret', { read: () => 'secret', clock, random: () => 0, found: () => {} }).cancel();
    expect(clock.timers).toBe(0);
  });
});
