import { describe, expect, test } from 'vitest';
import { attributesRead } from './attributes-read.ts';
import { conjuncts } from './conjuncts.ts';
import { explain } from './explain.ts';
import { parseAd, parseExpression } from './parser.ts';
import { printExpression, printValue } from './print.ts';

test.each([
  ['a && (b && c) && (d || e)', ['a', 'b', 'c', 'd || e']],
  ['((a))', ['a']],
  ['!(a && b)', [' !(a && b)']],
  ['a ? b : c && d', ['a ? b : c && d']],
])('the clauses of %s', (text, clauses) => {
  expect(conjuncts(parseExpression(text)).map((clause) => printExpression(clause))).toEqual(clauses);
});

describe('attributes that can be read', () => {
  const ad = parseAd(
    '[Requirements = Start && TARGET.A; Start = b && MY.c; b = d; Rank = x; e = eval("f + TARGET.g"); h = eval(i)]',
  );

  test('are followed through the ad', () => {
    const { my, target, anything } = attributesRead(ad, ['requirements']);
    expect([...my].sort()).toEqual(['b', 'c', 'd', 'requirements', 'start']);
    expect([...target].sort()).toEqual(['a', 'd']);
    expect(anything).toBe(false);
  });

  test('also in a text that is evaluated; any, where the text is not known', () => {
    expect([...attributesRead(ad, ['E']).my]).toEqual(['e', 'f']);
    expect([...attributesRead(ad, ['E']).target].sort()).toEqual(['f', 'g']);
    expect(attributesRead(ad, ['h']).anything).toBe(true);
  });
});

test('an explanation has every clause with its value and what it read', () => {
  const job = parseAd('[RequestCpus = 4; RequestMemory = 2 * Base; Base = 1024]');
  const slot = parseAd('[Cpus = 2; Memory = 4096; HasX = undefined]');
  const clauses = explain(
    parseExpression(
      'TARGET.Cpus >= RequestCpus && (TARGET.Memory >= RequestMemory) && TARGET.HasX && Nowhere',
    ),
    job,
    slot,
  );
  expect(
    clauses.map(({ clause, value, holds, reads }) => [
      printExpression(clause),
      printValue(value),
      holds,
      reads.map((read) => `${read.side}.${read.name}=${printValue(read.value)}`).join(' '),
    ]),
  ).toEqual([
    ['TARGET.Cpus >= RequestCpus', 'false', false, 'my.RequestCpus=4 target.Cpus=2'],
    ['TARGET.Memory >= RequestMemory', 'true', true, 'my.RequestMemory=2048 my.Base=1024 target.Memory=4096'],
    ['TARGET.HasX', 'undefined', false, 'target.HasX=undefined'],
    ['Nowhere', 'undefined', false, 'my.nowhere=undefined'],
  ]);
});
