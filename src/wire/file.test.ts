import { describe, expect, it } from 'vitest';
import { digest, relativePath } from './file.ts';
import { jobId } from './jobs.ts';
import { protocolVersion, speaks } from './protocol.ts';

describe('names on the wire', () => {
  it.each(['a', 'a/b.txt', '..a', 'a..', 'a b', 'ö'])('%s is a path below a job', (path) => {
    expect(relativePath.safeParse(path).success).toBe(true);
  });

  it.each(['', '/a', '..', 'a/../b', './a', 'a//b', 'a/', 'a\0b', 'a/..'])(
    '%j is not a path below a job',
    (path) => {
      expect(relativePath.safeParse(path).success).toBe(false);
    },
  );

  it.each(['1', '12.3', '9999999999.0'])('%s is a job', (id) =>
    expect(jobId.safeParse(id).success).toBe(true),
  );
  it.each(['', '0', '01', '1.', '.1', '1.2.3', '-1', '1.x', '1e3'])('%j is not a job', (id) => {
    expect(jobId.safeParse(id).success).toBe(false);
  });

  it('a digest is complete and in lower case', () => {
    expect(digest.safeParse(`sha256:${'a1'.repeat(32)}`).success).toBe(true);
    for (const wrong of [
      `sha256:${'A1'.repeat(32)}`,
      'a1'.repeat(32),
      `sha256:${'a'.repeat(63)}`,
      `sha256:${'a'.repeat(64)}\n`,
    ])
      expect(digest.safeParse(wrong).success).toBe(false);
  });

  it('the protocol is spoken in this version and the one before', () => {
    expect([-2, -1, 0, 1].map((step) => speaks(protocolVersion + step))).toEqual([false, true, true, false]);
  });
});
