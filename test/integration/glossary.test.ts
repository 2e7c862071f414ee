import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
const glossary = text.slice(text.indexOf('## Glossary'), text.indexOf('## The life of a job'));
const rows = glossary
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1);

test('every place that the glossary names exists', () => {
  const places = rows.flatMap((row) =>
    [...(row.split('|')[4] ?? '').matchAll(/`([^`]+)`/g)].map(([, place = '']) => place),
  );
  expect(places.length).toBeGreaterThan(rows.length - 1);
  expect(places.filter((place) => !existsSync(join(root, 'src', place.replace(/\*.*$/, ''))))).toEqual([]);
});

test('the glossary is sorted, and says what each term means, whose word it is and where it lives', () => {
  const terms = rows.map((row) => row.split('|')[1]?.trim() ?? '');
  expect(terms).toEqual(terms.toSorted((a, b) => a.localeCompare(b)));
  expect(
    rows.filter((row) =>
      row
        .split('|')
        .slice(1, 5)
        .some((cell) => cell.trim() === ''),
    ),
  ).toEqual([]);
});

test('every file that the table of what to change names exists', () => {
  const table = text.slice(text.indexOf('## Where to add something'), text.indexOf('## Rooms'));
  const places = [...table.matchAll(/`(?:node )?((?:src|test|docs|hack)\/[^`]+)`/g)].map(
    ([, place = '']) => place,
  );
  expect(places.length).toBeGreaterThan(10);
  expect(places.filter((place) => !existsSync(join(root, place)))).toEqual([]);
});
