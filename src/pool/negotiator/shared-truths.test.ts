import { describe, expect, it } from 'vitest';
import { SharedTruths } from './shared-truths.ts';

describe('what is known of clauses that several autoclusters have', () => {
  it('takes no more memory when slots get larger numbers, however many clauses there are', () => {
    const shared = new SharedTruths();
    const texts = Array.from({ length: 300 }, (_, index) => `TARGET.Rack == ${index}`);
    for (const text of texts) shared.of(text, 1);
    let most = 0;
    for (let number = 1; number < 1_000_000; number *= 2)
      for (const text of texts) {
        shared.of(text, 2)?.set(number, true);
        most = Math.max(most, shared.bytes);
      }
    expect(most).toBeLessThan(70 * 2 ** 20);
  });
});
