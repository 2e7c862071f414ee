import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isCode } from '#base/error.ts';
import { evaluate } from './evaluate.ts';
import { parseAd, parseExpression } from './parser.ts';
import { printValue } from './print.ts';

/**
 * What HTCondor's own library (25.14.1) answered: expression, my ad, target ad, printed value, with tabs between
 * them; `!` where the expression does not parse. The first half was chosen, the second is random. Where this
 * evaluator departs on purpose, `deviations.tsv` has both answers, the original's first: `root` of a match shows the
 * original's inner match ad; here it is undefined.
 */
function rowsOf(file: string): string[][] {
  const text = readFileSync(new URL(`./recorded/${file}`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

function answer(expression: string, my: string, target: string): string {
  try {
    const ads = [my === '' ? '[]' : my, ...(target === '' ? [] : [target])].map(parseAd);
    return printValue(evaluate(parseExpression(expression), ads[0]!, ads[1], { now: () => 1.7e9 }));
  } catch (error) {
    if (isCode(error, 'InvalidExpression')) return '!';
    throw error;
  }
}

test.each([
  ['answers as HTCondor does', 'htcondor-25.14.tsv', 2_000],
  ['reads what follows a search by name where HTCondor reads it', 'searches-by-name.tsv', 200],
])('%s', (_, file, least) => {
  const rows = rowsOf(file);
  expect(rows.length).toBeGreaterThan(least);
  const wrong = rows
    .map(([expression = '', my = '', target = '', expected = '']) => {
      const found = answer(expression, my, target);
      return found === expected ? undefined : { expression, my, target, expected, found };
    })
    .filter((row) => row !== undefined);
  expect(wrong).toEqual([]);
});

test('departs from HTCondor only where that is meant', () => {
  for (const [expression = '', my = '', target = '', theirs = '', ours = ''] of rowsOf('deviations.tsv')) {
    expect(answer(expression, my, target), expression).toBe(ours);
    expect(ours).not.toBe(theirs);
  }
});
