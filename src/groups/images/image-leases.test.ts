import { expect, test } from 'vitest';
import type { ReconcileContext } from '#controller/controller.ts';
import type { ImageLease } from '#spec/image-set-status.ts';
import { createLogger } from '#telemetry/logger.ts';
import { ClusterCopy } from '#testing/cluster-copy.ts';
import { answerWith, digestOf, imageSetOf, liveTag } from '#testing/image-set-scene.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { PoolResource } from '../cluster/resources.ts';
import { ImageLeases } from './image-leases.ts';

const context: ReconcileContext = {
  signal: new AbortController().signal,
  logger: createLogger('test', { level: 'silent' }),
};
const address = { host: '10.0.0.1', port: 9620, token: 't' };
const poolIn = (namespace: string, name: string): PoolResource => ({
  metadata: { namespace, name, uid: `${namespace}-${name}`, resourceVersion: '1' },
  spec: { type: 'Embedded' },
});

/** Two pools in the namespace of the set, and one elsewhere. */
function scene(atHand: (pool: string) => readonly string[]) {
  const pools = new ClusterCopy<PoolResource>({});
  for (const pool of [poolIn('atlas', 'a'), poolIn('atlas', 'b'), poolIn('cms', 'c')]) pools.put(pool);
  const told: { readonly holder: string; readonly lease: ImageLease }[] = [];
  const clock = new ManualClock();
  const leases = new ImageLeases({
    informers: { pools } as never,
    poolAccess: {
      open: async ({ metadata }) => ({ imagesAtHand: async () => atHand(metadata.name) }) as never,
    },
    publishers: { lease: async (_address, holder, lease) => void told.push({ holder, lease }) },
    settings: { site: 'here' },
    clock,
  });
  const renew = (digest = digestOf('a')) =>
    leases.renew(imageSetOf('s'), { address, answer: answerWith([liveTag('x:1', { digest })]) }, context);
  return { told, clock, renew };
}

test('a publisher is told once a minute which images the pilots of its namespace have at hand', async () => {
  const images: Record<string, string[]> = {
    a: [digestOf('b'), digestOf('a')],
    b: [digestOf('b')],
    c: [digestOf('c')],
  };
  const { told, clock, renew } = scene((pool) => images[pool] ?? []);
  await renew();
  await renew();
  const until = new Date(clock.wall() + 3_600_000).toISOString();
  expect(told).toEqual([{ holder: 'here', lease: { digests: [digestOf('a'), digestOf('b')], until } }]);
  clock.advance(60_000);
  await renew();
  expect(told).toHaveLength(2);
});

test('a publisher is told at once when a name has moved: what it led to may be in use', async () => {
  const { told, renew } = scene(() => [digestOf('a')]);
  await renew();
  await renew(digestOf('d'));
  await renew(digestOf('d'));
  expect(told).toHaveLength(2);
});

test('while one pool does not answer, a publisher is told nothing: half of the truth would let images go', async () => {
  const { told, renew } = scene((pool) => {
    if (pool === 'b') throw new Error('no answer');
    return [digestOf('a')];
  });
  await renew();
  expect(told).toEqual([]);
});

test('every image is told, however many are at hand: one lease names ten thousand', async () => {
  const many = Array.from({ length: 20_001 }, (_, at) => `sha256:${at.toString(16).padStart(64, '0')}`);
  const { told, renew } = scene((pool) => (pool === 'a' ? many : []));
  await renew();
  expect(told.map(({ holder, lease }) => [holder, lease.digests.length])).toEqual([
    ['here', 10_000],
    ['here..2', 10_000],
    ['here..3', 1],
  ]);
  expect(told.flatMap(({ lease }) => lease.digests)).toEqual(many);
});
