import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGroupsWorld } from '#testing/groups-world.ts';
import type { KubeWorld } from '#testing/kube-world.ts';
import { changeLeaders } from '#testing/leader-changes.ts';

let world: KubeWorld;

beforeAll(async () => {
  world = await startGroupsWorld();
});
afterAll(() => world?.stop());

test('alternating leaders, with late, repeated or missing answers of the pool, delete no pilot and create none twice', async () => {
  const result = await changeLeaders({
    world,
    namespace: 'leaders',
    pilots: 10,
    changes: 4,
    random: Math.random,
    log: () => {},
  });
  expect(result).toEqual({ changes: 4, jobs: 14, pods: 14, running: 14, deleted: [], twice: [] });
}, 240_000);
