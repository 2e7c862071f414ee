import { expect, it } from 'vitest';
import { ClassAd } from '#classad/class-ad.ts';
import { endingOf, farewell } from './ending.ts';

const endingOfAd = (texts: Record<string, string>) =>
  endingOf(ClassAd.fromTexts(texts), (what) => new Error(what));

it.each([
  [{}, 60_000],
  [{ JobMaxVacateTime: '5' }, 5_000],
  [{ JobMaxVacateTime: '2 + 2' }, 4_000],
  [{ JobMaxVacateTime: '3600' }, 60_000],
  [{ JobMaxVacateTime: '-1' }, 0],
  [{ JobMaxVacateTime: 'undefined' }, 60_000],
  [{ KillSigTimeout: '7' }, 7_000],
  [{ KillSigTimeout: '7', JobMaxVacateTime: '3' }, 3_000],
])('a job with %j has as long as it wishes, and never longer than its pilot allows', (ad, grace) => {
  expect(farewell(endingOfAd(ad), 'vacate', 60_000)).toEqual({ signal: 'SIGTERM', grace });
});

it.each([
  ['vacate', 'SIGUSR1'],
  ['remove', 'SIGUSR2'],
  ['hold', 'SIGINT'],
] as const)('each cause of a stop has the signal that the job names for it: %s', (cause, signal) => {
  const ending = endingOfAd({ KillSig: '10', RemoveKillSig: '"sigusr2"', HoldKillSig: '"SIGINT"' });
  expect(farewell(ending, cause, 1_000)).toEqual({ signal, grace: 1_000 });
});

it('want_graceful_removal = false kills a removed job at once, and no other', () => {
  const ending = endingOfAd({ WantGracefulRemoval: 'false' });
  expect(farewell(ending, 'remove', 1_000)).toEqual({ signal: 'SIGKILL', grace: 0 });
  expect(farewell(ending, 'hold', 1_000)).toEqual({ signal: 'SIGTERM', grace: 1_000 });
});

it.each(['"SIGNONE"', '99', '1.5', 'error'])(
  'a job whose ad says KillSig = %s is held, since nobody could end it as it asks',
  (text) => {
    expect(() => endingOfAd({ KillSig: text })).toThrow('its KillSig names no signal');
  },
);
