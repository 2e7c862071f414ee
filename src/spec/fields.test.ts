import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { byteQuantity, duration, milliseconds } from './fields.ts';
import { keyedList, wordSet } from './list.ts';
import { pilotSpec } from './pilot.ts';

const paths = (result: z.ZodSafeParseResult<unknown>) =>
  result.error?.issues.map((issue) => issue.path.join('.'));

describe('fields', () => {
  it('durations are whole numbers only, since the API server reads 1.5d as five days', () => {
    const schema = duration('How long.');
    expect(milliseconds(schema.parse('1d12h'))).toBe(36 * 3_600_000);
    for (const wrong of ['1.5d', '20', '20 m', 'm', '', '-1s'])
      expect(schema.safeParse(wrong).success).toBe(false);
  });

  it('a quantity of bytes below 1Mi is refused', () => {
    const schema = byteQuantity('How much.');
    for (const right of ['1Mi', '2Gi', 2 ** 20, '1500k', '1048576']) expect(schema.parse(right)).toBe(right);
    for (const wrong of [0, 4, '4', '500m', '0Gi', '1023Ki', '1M'])
      expect(schema.safeParse(wrong).success).toBe(false);
  });

  it('a second entry with the same key is refused, at the second one', () => {
    const list = keyedList(z.strictObject({ name: z.string(), size: z.int() }), 'name', 3);
    expect(
      paths(
        list.safeParse([
          { name: 'a', size: 1 },
          { name: 'b', size: 1 },
          { name: 'a', size: 2 },
        ]),
      ),
    ).toEqual(['2.name']);
    expect(paths(wordSet(z.string(), 3).safeParse(['a', 'b', 'b']))).toEqual(['2']);
  });

  it('a retireAfter beyond endAfter is refused at retireAfter', () => {
    const spec = { cpus: 1, memory: '1Gi', lifetimes: { retireAfter: '37h' } };
    expect(paths(pilotSpec.safeParse(spec))).toEqual(['lifetimes.retireAfter']);
    expect(pilotSpec.safeParse({ ...spec, lifetimes: { retireAfter: '36h' } }).success).toBe(true);
  });
});
