import { expect, it } from 'vitest';
import { onceOnly } from '#testing/once-only.ts';
import { missingRuntime } from '#testing/pilot-process.ts';

const missing = await missingRuntime();

it.skipIf(missing !== undefined)(
  `no job runs twice at once, whoever holds, releases, removes or loses it${missing ? ` (${missing})` : ''}`,
  async () => {
    const { runs, overlaps } = await onceOnly({ seconds: 12, random: Math.random });
    expect(overlaps).toEqual([]);
    expect(runs).toBeGreaterThanOrEqual(4);
  },
);
