import { expect, it } from 'vitest';
import { readResults } from './results.ts';

const result = (more: object) => ({ attribute: 'Score', key: 'score', unit: '', ...more });
const read = (more: object, file?: string, lines: readonly string[] = []) =>
  readResults([result(more)], {
    file: (name) => Promise.resolve(name === 'result.json' ? file : undefined),
    matched: (pattern) => lines.map((line) => new RegExp(pattern).exec(line)?.[1]).findLast(Boolean),
  });

it.each([
  ['{"score": 12.5}', 12.5],
  ['{"score": "fast"}', 'fast'],
  ['{"score": true}', true],
])('a result of the JSON file %s is %o', async (text, value) => {
  expect(await read({ file: 'result.json' }, text)).toEqual({ Score: value });
});

it('a result may have another key in its file', async () => {
  expect(await read({ file: 'result.json', key: 'per_core' }, '{"score":1,"per_core":2}')).toEqual({
    Score: 2,
  });
});

it('a result from the output is the group of the last line that matches, as a number if it is one', async () => {
  const lines = ['score: 1', 'score: 2.5', 'done'];
  expect(await read({ pattern: 'score: (.*)' }, undefined, lines)).toEqual({ Score: 2.5 });
  expect(await read({ pattern: '(do.*)' }, undefined, lines)).toEqual({ Score: 'done' });
});

it.each([
  [{ file: 'result.json' }, undefined],
  [{ file: 'result.json' }, 'nonsense'],
  [{ file: 'result.json' }, '[1]'],
  [{ file: 'result.json' }, '{"score": {}}'],
  [{ file: 'result.json' }, '{"score": 1e999}'],
  [{ pattern: 'x(y)' }, undefined],
])('a service whose result %o cannot be read from %s has failed', async (more, text) => {
  await expect(read(more, text)).rejects.toThrow('it left no result');
});
