import { expect, it } from 'vitest';
import { imageBytes, pilotSpec } from './pilot.ts';

it('a pilot needs disk for images only if it fetches some, and then for the layers of one as well', () => {
  const bytes = (remote: object, files = 'None') =>
    imageBytes(pilotSpec.parse({ cpus: 1, memory: '1Gi', runtime: { images: { remote, files } } }));
  expect(bytes({ cacheSize: '2Gi' })).toBe(0);
  expect(bytes({ cacheSize: '2Gi', registries: ['ghcr.io'] })).toBe(3 * 2 ** 30);
  expect(bytes({ cacheSize: '2Gi', urls: ['https://site/'] }, 'Published')).toBe(2 * 2 ** 30);
});

it('a group that fetches image files must also run them', () => {
  const images = { remote: { urls: ['https://site/'] } };
  expect(pilotSpec.safeParse({ cpus: 1, memory: '1Gi', runtime: { images } }).error?.issues).toMatchObject([
    { path: ['runtime', 'images', 'files'], message: 'the group fetches image files and runs none' },
  ]);
});

it.each([
  ['warm containers', { runtime: { mode: 'Direct', warm: {} } }, 'nothing to keep warm'],
  ['no network', { runtime: { mode: 'Direct', network: 'None' } }, 'nothing to keep warm'],
  ['binds', { runtime: { mode: 'Direct', binds: [{ source: '/cvmfs' }] } }, 'nothing to keep warm'],
  [
    'scripts with an image',
    { runtime: { mode: 'Direct' }, validation: [{ name: 'a', image: 'hello', command: ['x'] }] },
    'need containers',
  ],
])('a group whose payloads have no containers has no %s', (_what, spec, message) => {
  const [issue] = pilotSpec.safeParse({ cpus: 1, memory: '1Gi', ...spec }).error?.issues ?? [];
  expect(issue).toMatchObject({
    path: expect.arrayContaining(['mode']),
    message: expect.stringContaining(message),
  });
});
