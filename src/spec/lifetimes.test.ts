import { expect, it } from 'vitest';
import { lifetimes } from './lifetimes.ts';

const complaintOf = (value: object) => lifetimes.safeParse(value).error?.issues.map(({ message }) => message);

it('a walltime so short for jobMaxTime that a pilot would accept jobs for minutes only is refused with the numbers', () => {
  expect(complaintOf({ maxWalltime: '24h', jobMaxTime: '23h48m' })?.[0]).toContain(
    ': payloads end at the age of 23h59m, jobMaxTime keeps 23h48m of that, and 11m15s are left',
  );
  expect(complaintOf({ maxWalltime: '24h', jobMaxTime: '36h' })?.[0]).toContain('and -12h are left');
  expect(complaintOf({ maxWalltime: '5m' })?.[0]).toContain('and 4m15s are left');
  expect(complaintOf({ endAfter: '8h', jobMaxTime: '8h' })?.[0]).toContain('and 0s are left');
});

it.each([
  { maxWalltime: '24h', jobMaxTime: '20h' },
  { maxWalltime: '1h', jobMaxTime: '40m' },
  { maxWalltime: '5m', retireAfter: '4m' },
  { endAfter: '3s', retireAfter: '1s' },
  {},
])('the lifetimes %j leave enough time to accept jobs', (value) => {
  expect(complaintOf(value)).toBeUndefined();
});
