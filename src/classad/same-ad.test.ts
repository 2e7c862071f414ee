import { expect, it } from 'vitest';
import { ClassAd } from './class-ad.ts';
import { isSameAd } from './same-ad.ts';

const texts = {
  Cpus: '4',
  Load: '0.5',
  Start: 'TARGET.Owner == "ann" && Cpus > 1',
  Name: '"n"',
  Items: '{1, [a = 2]}',
};
const ad = (more: Readonly<Record<string, string>> = {}): ClassAd => ClassAd.fromTexts({ ...texts, ...more });

it('an ad that was read twice from the same texts is the same', () => {
  expect(isSameAd(ad(), ad())).toBe(true);
});

it.each([
  ['another number', { Cpus: '5' }],
  ['a real in place of an integer', { Cpus: '4.0' }],
  ['another real', { Load: '0.25' }],
  ['another expression', { Start: 'TARGET.Owner == "bob" && Cpus > 1' }],
  ['a constant in place of an expression', { Start: 'true' }],
  ['another text', { Name: '"m"' }],
  ['another ad within a list', { Items: '{1, [a = 3]}' }],
  ['one attribute more', { More: '1' }],
])('an ad with %s is not the same', (_what, more) => {
  expect(isSameAd(ad(), ad(more))).toBe(false);
  expect(isSameAd(ad(more), ad())).toBe(false);
});
