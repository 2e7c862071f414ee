import { expect, it } from 'vitest';
import { ClassAd } from '#classad/class-ad.ts';
import { howToStop, stopWishesOf } from './stop-wishes.ts';

const wishesOf = (texts: Record<string, string>) =>
  stopWishesOf(ClassAd.fromTexts(texts), (what) => new Error(what));

it.each([
  [{}, 60_000],
  [{ JobMaxVacateTime: '5' }, 5_000],
  [{ JobMaxVacateTime: '2 + 2' }, 4_000],
  [{ JobMaxVacateTime: '3600' }, 60_000],
  [{ JobMaxVacateTime: '-1' }, 0],
  [{ JobMaxVacateTime: 'undefined' }, 60_000],
  [{ KillSigTimeout: '7' }, 7_000],
  [{ KillSigTimeout: '7', JobMaxVacateTime: '3' }, 3_000],
])('a job with %j gets the time that it wishes to end, but never more than its pilot allows', (ad, grace) => {
  expect(howToStop(wishesOf(ad), 'vacate', 60_000)).toEqual({ signal: 'SIGTERM', grace });
});

it.each([
  ['vacate', 'SIGUSR1'],
  ['remove', 'SIGUSR2'],
  ['hold', 'SIGINT'],
] as const)('a job that is stopped gets the signal that it names for the cause: %s', (cause, signal) => {
  const wishes = wishesOf({ KillSig: '10', RemoveKillSig: '"sigusr2"', HoldKillSig: '"SIGINT"' });
  expect(howToStop(wishes, cause, 1_000)).toEqual({ signal, grace: 1_000 });
});

it('want_graceful_removal = false kills a job at once when it is removed, and only then', () => {
  const wishes = wishesOf({ WantGracefulRemoval: 'false' });
  expect(howToStop(wishes, 'remove', 1_000)).toEqual({ signal: 'SIGKILL', grace: 0 });
  expect(howToStop(wishes, 'hold', 1_000)).toEqual({ signal: 'SIGTERM', grace: 1_000 });
});

it.each(['"SIGNONE"', '99', '1.5', 'error'])(
  'a job whose ad says KillSig = %s is refused, because it names no signal',
  (text) => {
    expect(() => wishesOf({ KillSig: text })).toThrow('its KillSig does not name a signal');
  },
);
