import { describe, expect, test, vi } from 'vitest';
import { documentBlocks } from '#testing/documents/documents.ts';
import { blocksIn } from '#testing/documents/mark.ts';
import { Reader } from '#testing/documents/reader.ts';
import { missingRuntime } from '#testing/pilot-process.ts';

/**
 * The commands of all documents, as a reader types them in a clone: block after block, each document with a pool of its own if it wants one.
 * Those for a cluster are in `test/cluster/hello.test.ts`, and `hack/verify-documents.ts` looks at all that cannot be run.
 */

// Several pools start at the same time.
vi.setConfig({ testTimeout: 240_000 });

const missing = await missingRuntime();

const runnable = [...documentBlocks()]
  .map(([file, blocks]) => ({ file, blocks: blocksIn(blocks, ['files', 'up', 'terminal']) }))
  .filter(({ blocks }) => blocks.length > 0);

test('there are documents with commands', () => {
  expect(runnable.map(({ file }) => file)).toContain('README.md');
});

describe.skipIf(missing !== undefined).concurrent(`commands of documents ${missing ?? ''}`, () => {
  test.each(runnable)('the commands of $file work, and print what it says', async ({ blocks }) => {
    const reader = await Reader.start();
    try {
      for (const block of blocks) await reader.follow(block);
    } finally {
      await reader.stop();
    }
  });
});
