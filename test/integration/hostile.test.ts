import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomOf } from '#testing/random-of.ts';
import { HostileAttack } from '../soak/hostile-attack.ts';

/** The same jobs each time; the soak test uses new ones. */
const usualSeed = 20_261_129;

/** A short form of `npm run soak -- hostile`. */
test('a hostile user harms no jobs but their own', { timeout: 120_000 }, async () => {
  const seed = Number(process.env.GLIDEIN_TEST_SEED ?? usualSeed);
  const directory = await mkdtemp(join(tmpdir(), 'glidein-hostile-'));
  try {
    const result = await new HostileAttack({
      directory,
      jobs: 4_000,
      batch: 200,
      kills: 2,
      rounds: 1,
      phaseSeconds: 2,
      pace: 250,
      seed,
      random: randomOf(seed),
      log: () => {},
    }).run();
    expect(result.harm, `seed ${seed}`).toEqual([]);
    expect(result.good.completed).toBe(result.good.submitted);
    expect(result.good.completed).toBeGreaterThan(50);
    expect(result.submitted).toBeGreaterThanOrEqual(4_000);
    expect(result.starts).toBe(3);
    // Only the soak test can compare rates: this takes a few seconds on a busy machine.
    for (const { rate } of result.phases) expect(rate).toBeGreaterThan(0);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
