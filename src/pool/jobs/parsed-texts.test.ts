import { describe, expect, it } from 'vitest';
import { parseExpression } from '#classad/parser.ts';
import { ParsedTexts } from './parsed-texts.ts';

describe('parsed texts', () => {
  it('a text that is read again and again is parsed once, whatever comes in between', () => {
    const texts = new ParsedTexts();
    const first = texts.parse('TARGET.Cpus > 3');
    for (let index = 0; index < 100_000; index += 1) {
      texts.parse(`A == ${index}`);
      if (index % 1000 === 0) expect(texts.parse('TARGET.Cpus > 3')).toBe(first);
    }
    expect(texts.parse('TARGET.Cpus > 3')).toEqual(parseExpression('TARGET.Cpus > 3'));
  });

  it('texts that never come again do not fill the cache', () => {
    const texts = new ParsedTexts();
    const first = texts.parse('A == 0');
    for (let index = 1; index < 200_000; index += 1) texts.parse(`A == ${index}`);
    expect(texts.parse('A == 0')).not.toBe(first);
    expect(texts.parse('A == 0')).toEqual(first);
  });

  it('a text that does not parse is an error each time', () => {
    const texts = new ParsedTexts();
    expect(() => texts.parse('((')).toThrow();
    expect(() => texts.parse('((')).toThrow();
  });
});
