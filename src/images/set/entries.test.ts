import { describe, expect, it } from 'vitest';
import { entriesOf } from './entries.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const of = (...references: string[]) =>
  entriesOf({ images: references.map((reference) => ({ reference, exclude: [] })) });

describe('the entries of a set', () => {
  it('are refused where two of them would have one name lead to two images', () => {
    const { entries, bad } = of('host.example/name:1', `host.example/name:1@${digest}`);
    expect(entries.map(({ text }) => text)).toEqual(['host.example/name:1']);
    expect(bad).toMatchObject([
      {
        text: `host.example/name:1@${digest}`,
        problem: {
          code: 'InvalidArgument',
          message: 'another entry, host.example/name:1, is published as host.example/name:1 too',
          cure: 'leave one of them out',
        },
      },
    ]);
  });

  it('may name an image by its digest beside its tag, and by the same words twice', () => {
    expect(of('host.example/name:1', `host.example/name@${digest}`, 'host.example/name:1').bad).toEqual([]);
  });

  it('may name a tag that a pattern fits, too', () => {
    expect(of('host.example/name:1', 'host.example/name:*').bad).toEqual([]);
  });
});
