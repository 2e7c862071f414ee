import { expect, it } from 'vitest';
import { parseChallenge } from './challenge.ts';

it.each([
  [
    'Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull"',
    {
      scheme: 'Bearer',
      realm: 'https://auth.example/token',
      service: 'registry',
      scope: 'repository:a/b:pull',
    },
  ],
  [
    'bearer  scope=x , realm="https://a/\\"q\\""',
    { scheme: 'Bearer', realm: 'https://a/"q"', service: undefined, scope: 'x' },
  ],
  ['Basic realm="private"', { scheme: 'Basic' }],
  ['Bearer realm="file:///etc/passwd"', undefined],
  ['Bearer service="registry"', undefined],
  ['Negotiate', undefined],
  ['', undefined],
  [undefined, undefined],
])('%s', (header, challenge) => {
  expect(parseChallenge(header)).toEqual(challenge);
});

it.each(['a', '_ ', 'a="', 'a="\\"', 'a= '])('a megabyte of %j is read in a moment', (text) => {
  const begun = performance.now();
  expect(parseChallenge(`Bearer ${text.repeat(2 ** 20 / text.length)}`)).toBeUndefined();
  expect(performance.now() - begun).toBeLessThan(2000);
});
