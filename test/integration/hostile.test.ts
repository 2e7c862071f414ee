import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomOf } from '#testing/random-of.ts';
import { TestPool } from '#testing/test-pool.ts';
import { HostileAttack } from '../soak/hostile-attack.ts';
import { attacks } from '../soak/latency/attacks.ts';
import { waitsBeside } from '../soak/latency/beside.ts';
import { waits } from '../soak/latency/good-works.ts';
import { Target } from '../soak/latency/target.ts';

/** The same jobs each time; the soak test uses new ones. */
const usualSeed = 20_261_129;

const seed = Number(process.env.GLIDEIN_TEST_SEED ?? usualSeed);

/** A short form of `npm run soak -- hostile`. */
test('a hostile user harms no jobs but their own', { timeout: 120_000 }, async () => {
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

/** A short form of `npm run soak -- latency`, which alone can compare times. */
test('a user is served beside hostile submitters and hostile pilots, and these leave nothing in the pool', {
  timeout: 120_000,
}, async () => {
  const pool = await TestPool.start();
  const target = new Target({ url: pool.url, token: (role, subject) => pool.token(role, subject) });
  try {
    const { core } = pool;
    const order = { url: pool.url, key: core.key, size: 0.1, seed };
    const reports = await waitsBeside({
      target,
      attacks: attacks(order).map(({ name }) => name),
      order,
      rounds: 1,
      seconds: 0.4,
      pilots: 20,
    });
    for (const { attack, done, beside } of reports) {
      const { lost = 0, ...others } = done;
      expect(lost, attack).toBe(0);
      expect(Math.max(...Object.values(others)), attack).toBeGreaterThan(0);
      for (const wait of waits) expect(beside[wait].count, `${wait} beside ${attack}`).toBeGreaterThan(0);
    }
    // What is left are the good user's jobs: those that wait, that run, and that have just ended.
    expect([...core.autoclusters.all()].length).toBeLessThanOrEqual(3);
    expect([...core.collector.all()].filter(({ facts }) => facts.uid.startsWith('liar'))).toEqual([]);
    expect(core.queue.countIn('Held')).toBe(0);
  } finally {
    await target.close();
    await pool.destroy();
  }
});
