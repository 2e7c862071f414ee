import { defineConfig } from 'vitest/config';

/** What a test waits for comes when the machine gets to it: this is when nothing will come any more. */
const patience = { poll: { timeout: 15_000 } };

export default defineConfig({
  test: {
    projects: [
      // Some start children, and all share a machine: this is when something hangs, not how fast it is.
      { test: { name: 'unit', include: ['src/**/*.test.ts'], testTimeout: 30_000, expect: patience } },
      {
        test: {
          name: 'differential',
          include: ['test/differential/**/*.test.ts'],
          testTimeout: 300_000,
          expect: patience,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 120_000,
          expect: patience,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 300_000,
          expect: patience,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          testTimeout: 300_000,
          expect: patience,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
