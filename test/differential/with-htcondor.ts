import type { TestContext } from 'vitest';

/** Skips the test, with the reason, where there is no HTCondor to ask. */
export function skipWithoutHtcondor({ skip }: TestContext): void {
  skip(
    process.env.GLIDEIN_TEST_HTCONDOR === undefined,
    process.env.GLIDEIN_TEST_NO_HTCONDOR ?? 'run it by npm test',
  );
}

/** Where `hack/htcondor.mjs` has put HTCondor. */
export function htcondorRoot(): string {
  const root = process.env.GLIDEIN_TEST_HTCONDOR;
  if (root === undefined) throw new Error('GLIDEIN_TEST_HTCONDOR is not set');
  return root;
}
