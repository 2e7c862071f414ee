import type { Clock } from '#base/clock.ts';
import type { Environment } from '#classad/environment.ts';

/** What ClassAd expressions in the pool may know of the world: `time()` and `random()`. */
export const environmentOf = (clock: Clock): Environment => ({
  now: () => Math.floor(clock.wall() / 1000),
  random: Math.random,
});
