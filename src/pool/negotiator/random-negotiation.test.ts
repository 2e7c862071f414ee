import { expect, it } from 'vitest';
import { RandomNegotiation } from '#testing/random-negotiation/random-negotiation.ts';

const seed = Number(process.env.GLIDEIN_TEST_SEED ?? 20_261_129);

it.each([0, 1, 2, 3, 4, 5])(
  'whatever happens in random order, each grant is allowed, and no job sleeps that could run (%i)',
  (more) => {
    const pool = new RandomNegotiation({ seed: seed + more, byTime: more % 2 === 0, alike: more % 4 < 2 });
    pool.run(600);
    expect(pool.checks).toBeGreaterThan(50);
    expect(pool.scene.granted.length).toBeGreaterThan(10);
  },
);
