import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AttributeSite } from './attribute-site.ts';
import { evaluate, prepare } from './evaluate.ts';
import { parseAd, parseExpression } from './parser.ts';
import { absent } from './slot.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** An ad with some of the names, in some order; the value tells the ad and the name. */
const ads = fc
  .array(fc.shuffledSubarray(names), { minLength: 100, maxLength: 2000, size: 'max' })
  .map((all) =>
    all.map((chosen, at) => ({
      chosen,
      ad: parseAd(`[${chosen.map((name) => `${name} = ${at * 10 + names.indexOf(name)}`).join('; ')}]`),
    })),
  );

test('a site finds its name in ads of any number of shapes, as often as they come', () => {
  fc.assert(
    fc.property(ads, fc.constantFrom(...names), (all, name) => {
      const site = new AttributeSite(name);
      for (let round = 0; round < 3; round += 1) {
        for (const [at, { ad, chosen }] of all.entries()) {
          const expected = chosen.includes(name) ? at * 10 + names.indexOf(name) : absent;
          expect(site.slotIn(ad)).toBe(expected);
        }
      }
    }),
    { numRuns: 10 },
  );
});

test('a prepared expression says of ten thousand shapes what a fresh one says', () => {
  const expression = parseExpression('(MY.a ?: 0) + (TARGET.x7 ?: b ?: -1) + (c ?: 100)');
  const run = prepare(expression);
  const my = parseAd('[a = 1]');
  for (let at = 0; at < 10_000; at += 1) {
    const texts = [
      `x${at % 100} = ${at}`,
      `y${at} = 0`,
      ...(at % 3 === 0 ? ['b = 5'] : []),
      ...(at % 7 === 0 ? ['c = 2'] : []),
    ];
    const target = parseAd(`[${(at % 2 === 0 ? texts : texts.toReversed()).join('; ')}]`);
    expect(run(my, target)).toBe(evaluate(expression, my, target));
  }
});
