import { describe, expect, it } from 'vitest';
import { Gathered } from './gathered.ts';

describe('gathered questions', () => {
  it('those that come while some are being answered go together, and each gets its own answer', async () => {
    const asked: (readonly number[])[] = [];
    const gathered = new Gathered(async (questions: readonly number[]) => {
      asked.push(questions);
      await new Promise((resolve) => setImmediate(resolve));
      return questions.map((question) => question * 10);
    });
    const first = [gathered.answer(1), gathered.answer(2)];
    await new Promise((resolve) => process.nextTick(resolve));
    const second = [gathered.answer(3), gathered.answer(4)];
    expect(await Promise.all([...first, ...second])).toEqual([10, 20, 30, 40]);
    expect(asked).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('a failure reaches those who asked, and the next ones get answers', async () => {
    let fails = true;
    const gathered = new Gathered(async (questions: readonly string[]) => {
      if (fails) throw new Error('failed');
      return questions;
    });
    await expect(gathered.answer('a')).rejects.toThrow('failed');
    fails = false;
    expect(await gathered.answer('b')).toBe('b');
  });
});
