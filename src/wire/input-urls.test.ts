import { expect, it } from 'vitest';
import { nameOfUrl, schemeOf, shownUrl } from './input-urls.ts';

it.each([
  ['https://host/a/b.tar?version=2#x', 'b.tar'],
  ['http://host/with%20blank', 'with%20blank'],
  ['http://host/a/', undefined],
  ['http://host', undefined],
  ['http://host/a/..', undefined],
  ['http://host/a/%2e%2e', undefined],
  ['http://', undefined],
])('the input %s is named %s', (url, name) => {
  expect(nameOfUrl(url)).toBe(name);
});

it.each([
  ['HTTPS://host/a', 'https'],
  ['osdf:///a', 'osdf'],
  ['data/a', undefined],
  ['C:/a', undefined],
])('the scheme of the input %s is %s', (entry, scheme) => {
  expect(schemeOf(entry)).toBe(scheme);
});

it('a URL is shown without a password and without a signature', () => {
  expect(shownUrl('https://me:secret@host:81/a/b?X-Signature=abc')).toBe('https://host:81/a/b');
});
