import { expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { WritePace } from './write-pace.ts';

test('a status that keeps changing is written once a second, and its last state is owed', () => {
  const clock = new ManualClock();
  const pace = new WritePace(clock);
  let writes = 0;
  for (let change = 0; change < 100; change++) {
    if (pace.allows('u')) {
      writes += 1;
      pace.wrote('u');
    }
    clock.advance(100);
  }
  expect(writes).toBe(10);
  expect(pace.takeOwed('u')).toBeDefined();
});

test('the first change after a quiet second is written at once, whatever other objects do', () => {
  const clock = new ManualClock();
  const pace = new WritePace(clock);
  pace.wrote('busy');
  expect(pace.allows('quiet')).toBe(true);
  expect(pace.allows('busy')).toBe(false);
  expect(pace.takeOwed('busy')).toBe(1000);
  clock.advance(1000);
  expect(pace.allows('busy')).toBe(true);
  expect(pace.takeOwed('quiet')).toBeUndefined();
});

test('a status that has changed back is not looked at again and again', () => {
  const clock = new ManualClock();
  const pace = new WritePace(clock);
  pace.wrote('u');
  expect(pace.allows('u')).toBe(false);
  expect(pace.takeOwed('u')).toBe(1000);
  clock.advance(1000);
  // What was to be written has changed back meanwhile, so nobody asks whether it may be.
  expect(pace.takeOwed('u')).toBeUndefined();
});
