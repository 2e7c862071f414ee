import { describe, expect, it } from 'vitest';
import { entriesOf, wants } from './entries.ts';

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

  it('that name a digest for a tag win over patterns that the tag fits', () => {
    const pinned = of('host.example/name:*', `host.example/name:1@${digest}`, 'host.example/other:*');
    expect(pinned.bad).toEqual([]);
    const wanted = (tag: string, at = 0) => {
      const entry = pinned.entries[at];
      return entry !== undefined && wants(entry, { ...entry.reference, tag, digest: undefined });
    };
    expect([wanted('1'), wanted('2'), wanted('1', 2)]).toEqual([false, true, true]);
  });

  it('may name a tag that a pattern fits, too', () => {
    expect(of('host.example/name:1', 'host.example/name:*').bad).toEqual([]);
  });
});
