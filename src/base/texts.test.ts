import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { describeError, GlideinError, isCode } from './error.ts';
import { didYouMean, nearest } from './nearest.ts';
import { formatBytes, parseQuantity } from './quantity.ts';

describe('durations', () => {
  it.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['2d', 172_800_000],
    ['1.5h', 5_400_000],
  ])('%s is %i ms', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

  it.each(['', '5', 's', '-1s', '1 h', '1h ', `${'9'.repeat(400)}d`, '1e3s'])(
    '"%s" is no duration',
    (text) => {
      expect(() => parseDuration(text)).toThrow(GlideinError);
    },
  );

  it('a duration is printed as something that parses to nearly the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 10 ** 10 }), (milliseconds) => {
        const back = parseDuration(formatDuration(milliseconds));
        expect(Math.abs(back - milliseconds)).toBeLessThanOrEqual(Math.max(500, milliseconds / 23));
      }),
    );
  });

  it('a duration of nothing is 0s', () => expect(formatDuration(0)).toBe('0s'));
});

describe('quantities', () => {
  it.each([
    ['500m', 0.5],
    ['2Gi', 2 ** 31],
    ['1.5G', 1.5e9],
    ['7', 7],
  ])('%s is %d', (text, value) => expect(parseQuantity(text)).toBeCloseTo(value));

  it.each(['', 'Gi', '1GB', '-1', '1 Gi', '0x1', '1KI'])('"%s" is not a quantity', (text) => {
    expect(() => parseQuantity(text)).toThrow(/not a quantity/);
  });

  it('bytes are printed in binary units', () => {
    expect([0, 1023, 1536, 2 ** 40].map(formatBytes)).toEqual(['0', '1023', '1.5Ki', '1Ti']);
  });
});

describe('the delays of a backoff', () => {
  it('delays double up to the maximum, minus up to a half, and can be reset', () => {
    const sure = new Backoff({ first: 100, most: 1000, random: () => 1 });
    expect([1, 2, 3, 4, 5, 6].map(() => sure.next())).toEqual([100, 200, 400, 800, 1000, 1000]);
    sure.reset();
    expect(sure.next()).toBe(100);
    expect(new Backoff({ first: 100, most: 1000, random: () => 0 }).next()).toBe(50);
  });

  it('delays stay within their bounds after any number of tries', () => {
    const long = new Backoff({ first: 100, most: 15_000, random: Math.random });
    for (let tries = 0; tries < 2000; tries += 1) {
      const delay = long.next();
      expect(delay).toBeGreaterThanOrEqual(50);
      expect(delay).toBeLessThanOrEqual(15_000);
    }
  });
});

describe('similar words', () => {
  it('a word with a typing error is found, and no other', () => {
    expect(nearest('requst_cpus', ['request_cpus', 'request_disk'])).toBe('request_cpus');
    expect(nearest('zzz', ['request_cpus'])).toBeUndefined();
    expect(didYouMean('statuss', ['status'])).toBe('did you mean "status"?');
    expect(didYouMean('xyz', ['status'])).toBe('');
  });
});

describe('errors', () => {
  it('the description of an error says where, what, and what to do', () => {
    const error = new GlideinError('InvalidArgument', 'no', {
      place: { file: 'f', line: 2, column: 3 },
      cure: 'yes',
    });
    expect(describeError(error)).toBe('f:2:3: no; yes');
    expect(describeError(new GlideinError('NotFound', 'gone', { place: { line: 4 } }))).toBe('line 4: gone');
    expect(describeError('text')).toBe('text');
    expect(isCode(error, 'InvalidArgument')).toBe(true);
    expect(isCode(new Error('x'), 'InvalidArgument')).toBe(false);
  });
});
