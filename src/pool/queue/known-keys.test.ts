import { describe, expect, it } from 'vitest';
import { KnownKeys } from './known-keys.ts';

const stored = (...pages: readonly (readonly string[])[]) => ({
  clusterKeys: async (after: number) => ({
    keys: pages[after] ?? [],
    next: after + 1 < pages.length ? after + 1 : null,
  }),
});

describe('known keys', () => {
  it('may know any key until all stored ones have been read', async () => {
    const keys = new KnownKeys();
    expect(keys.mayKnow('alice/new')).toBe(true);
    await keys.read(stored(['alice/1'], [], ['alice/2']), [{ key: 'bob/3' }]);
    expect(['alice/1', 'alice/2', 'bob/3'].map((key) => keys.mayKnow(key))).toEqual([true, true, true]);
    expect(keys.mayKnow('alice/new')).toBe(false);
  });

  it('knows what was submitted since, whether before all was read or after', async () => {
    const keys = new KnownKeys();
    keys.add('alice/early');
    await keys.read(stored([]), []);
    keys.add('alice/late');
    expect(keys.mayKnow('alice/early')).toBe(true);
    expect(keys.mayKnow('alice/late')).toBe(true);
  });
});
