import { afterEach, beforeEach, describe } from 'vitest';
import { announcementPromises } from './announcements.ts';
import { demandPromises } from './demand.ts';
import { failurePromises } from './failures.ts';
import { listenerPromises } from './listeners.ts';
import { pilotPromises } from './pilots.ts';
import type { PoolBench } from './pool-bench.ts';
import { PoolWorld } from './pool-world.ts';
import { restartPromises } from './restarts.ts';
import { waitingQuestionPromises } from './waiting-questions.ts';

/**
 * Every promise of the port {@link Pool} as a test, for each kind of pool that stands behind it.
 * @param kind of pool, in words
 * @param make a pool that has just started, in which nothing waits
 */
export function poolConformance(kind: string, make: () => Promise<PoolBench>): void {
  describe(kind, () => {
    let current: PoolWorld;
    const world = () => current;
    beforeEach(async () => {
      current = new PoolWorld(await make());
    });
    afterEach(() => current.end());

    describe('demand', () => demandPromises(world));
    describe('questions that wait', () => waitingQuestionPromises(world));
    describe('announcements', () => announcementPromises(world));
    describe('pilots', () => pilotPromises(world));
    describe('restarts', () => restartPromises(world));
    describe('failures', () => failurePromises(world));
    describe('listeners', () => listenerPromises(world));
  });
}
