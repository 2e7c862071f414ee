import { expect, it } from 'vitest';
import { checkUrls } from './check-urls.ts';

it.each([
  ['file:///home/alice/a', /path alone/],
  ['osdf:///ospool/a', /cache of the federation/],
  ['stash:///ospool/a', /cache of the federation/],
  ['pelican://host/a', /cache of the federation/],
  ['S3://bucket/a', /sign a URL/],
  ['gsiftp://host/a', /a client in its image/],
  ['davs://host/a', /https:\/\/ in the place/],
  ['constructor://a', /bring it along/],
])('the input %s is refused with what to write for it', (url, cure) => {
  expect(() => checkUrls(`"a, ${url}"`)).toThrow(
    expect.objectContaining({ code: 'Unsupported', cure: expect.stringMatching(cure) }),
  );
});

it.each(['https://host', 'https://host/', 'http:///'])(
  'the URL %s is refused, for it names no file',
  (url) => {
    expect(() => checkUrls(`"${url}"`)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  },
);

it('files, and URLs that pilots fetch, are no fault', () => {
  checkUrls('"a, b/c, https://host/d?e=f, HTTP://host/g"');
});
