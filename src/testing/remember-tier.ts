import { realpath } from 'node:fs/promises';
import { systemClock } from '#base/clock.ts';
import { ProbeCache, probeKey } from '#pilot/probe/probe-cache.ts';
import type { Tier } from '#pilot/runtime/apptainer.ts';
import { testRuntime } from './pilot-process.ts';

/** Writes into a pilot's cache what a probe behind a masked /proc (tier B), or any other, would have remembered. */
export async function rememberTier(cacheDirectory: string, tier: Tier): Promise<void> {
  const path = await realpath(testRuntime.apptainer);
  await new ProbeCache(cacheDirectory, systemClock).store(await probeKey(path), {
    path,
    version: '1.4.5',
    tier,
  });
}
