import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { withoutDetours, withPictures } from '../../hack/architecture-pictures.ts';
import { lifeOfAJob, rooms } from '../../hack/rooms.mjs';

const root = resolve(import.meta.dirname, '../..');

test('a picture replaces the text between its marks, and nothing else', () => {
  const text = 'a\n<!-- picture: rooms -->\nold\n<!-- end -->\nb\n';
  expect(withPictures(text, { rooms: 'flowchart TD' })).toBe(
    'a\n<!-- picture: rooms -->\n\n```mermaid\nflowchart TD\n```\n\n<!-- end -->\nb\n',
  );
});

test('a picture without a place, and a place without a picture, are refused', () => {
  expect(() => withPictures('', { rooms: '' })).toThrow('no place for: rooms');
  expect(() => withPictures('<!-- picture: houses -->\n<!-- end -->', {})).toThrow('"houses"');
});

test('an arrow that follows from two others is not drawn', () => {
  const arrows = { roof: ['wall', 'ground', 'tree'], wall: ['ground'], ground: [], tree: [] };
  expect(withoutDetours(arrows, 'roof')).toEqual(['wall', 'tree']);
});

test('every place in the picture of a job’s life is a folder of the tree', () => {
  const places = new Set(lifeOfAJob.flatMap(({ from, to }) => [from, to]));
  expect([...places].filter((place) => !existsSync(join(root, 'src', place)))).toEqual([]);
});

test('every step in the life of a job starts where an earlier one ended', () => {
  const reached = new Set(['cli', 'groups']);
  const lost = lifeOfAJob.filter(({ from, to }) => {
    const follows = reached.has(from);
    reached.add(to);
    return !follows;
  });
  expect(lost).toEqual([]);
});

test('the folders that hack/rooms.mjs names for a room are those that it has', () => {
  for (const [room, { folders = {} }] of Object.entries(rooms))
    expect(Object.keys(folders).filter((folder) => !existsSync(join(root, 'src', room, folder)))).toEqual([]);
});
