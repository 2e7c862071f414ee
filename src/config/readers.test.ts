import { expect, it } from 'vitest';
import { dottedName, objectNames } from './readers.ts';

it('several names are separated by commas, and spaces do not matter', () => {
  expect(objectNames('atlas, cms')).toEqual(['atlas', 'cms']);
  expect(objectNames('atlas')).toEqual(['atlas']);
});

it.each([
  ['atlas,atlas', '"atlas" is named twice'],
  ['atlas,,cms', '"" is not a name'],
  ['Atlas', '"Atlas" is not a name'],
])('the names %s are refused with advice', (names, message) => {
  expect(() => objectNames(names)).toThrow(
    expect.objectContaining({ code: 'InvalidArgument', message, cure: expect.any(String) }),
  );
});

it('a name may have dots where Kubernetes allows them', () => {
  expect(dottedName('scraping.example.org')).toBe('scraping.example.org');
  expect(() => dottedName('scraping.')).toThrow('"scraping." is not a name');
});
