import { expect, test } from 'vitest';
import { imageSetOf } from '#testing/image-set-scene.ts';
import { olderInDirectory } from './directories.ts';
import { directoryTaken } from './findings.ts';

const inDirectory = (name: string, path: string, second: number, more: object = {}) =>
  imageSetOf(
    name,
    { directory: { claimName: 'images', path } },
    {
      creationTimestamp: `2026-01-01T00:00:0${second}Z`,
      ...more,
    },
  );

const owner = inDirectory('owner', 'of/atlas', 1);

test.each([
  ['the same directory', inDirectory('b', 'of/atlas', 2), 'owner'],
  ['a directory inside of it', inDirectory('b', 'of/atlas/more', 2), 'owner'],
  ['a directory around it', inDirectory('b', '', 2), 'owner'],
  ['the same directory, made in the same second', inDirectory('z', 'of/atlas', 1), 'owner'],
  ['another directory whose name begins alike', inDirectory('b', 'of/atlas2', 2), undefined],
  ['the same path of another namespace', inDirectory('b', 'of/atlas', 2, { namespace: 'cms' }), undefined],
  ['the same directory, but it is older', inDirectory('b', 'of/atlas', 0), undefined],
])('of two sets the older has a directory, and the other gets none: %s', (_, set, expected) => {
  expect(olderInDirectory(set, [set, owner])?.metadata.name).toBe(expected);
});

test('a set that uses the same path of another claim has it for itself', () => {
  const other = imageSetOf('b', { directory: { claimName: 'more', path: 'of/atlas' } });
  expect(olderInDirectory(other, [owner])).toBeUndefined();
});

test('a set whose directory is taken is told by whom, and what to write instead', () => {
  const { message } = directoryTaken(inDirectory('b', '', 2), owner);
  expect(message).toContain('of/atlas of the claim images belongs to the older ImageSet owner');
  expect(message).toContain('write another directory.path, or write the images of both into one ImageSet');
});
