import { afterEach, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { pilotOrder } from '#spec/pilot-order.ts';
import { createLogger } from '#telemetry/logger.ts';
import { slotTexts } from '#testing/ads.ts';
import { PoolPeer } from '#testing/pool-peer.ts';
import type { EndBound } from './lifetime/end-bound.ts';
import type { EndWatchOptions } from './lifetime/end-watch.ts';
import { Pilot } from './pilot.ts';
import type { PilotParts } from './pilot-parts.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const order = pilotOrder.parse({
  name: 'pilot-1',
  uid: 'uid-1',
  group: 'test',
  site: 'here',
  pool: { url: 'http://127.0.0.1', tokenFile: '/nonexistent/token' },
  directory: '/nonexistent',
  cacheDirectory: '/nonexistent',
  spec: { cpus: 2, memory: '2Gi' },
});

/** A pilot without a node, and what says when it must end. */
async function begin() {
  const pool = await PoolPeer.listen();
  cleanups.push(() => pool.close());
  const seen: string[] = [];
  let changed: EndWatchOptions['changed'] | undefined;
  const pilot = new Pilot(
    order,
    {
      clock: systemClock,
      random: Math.random,
      logger: createLogger('pilot', { level: 'silent' }),
      environment: {},
    },
    {
      node: {
        apptainer: { path: '/nonexistent', version: '1', tier: 'A' },
        slot: slotTexts({ Cpus: '2' }),
      },
      address: { url: pool.url, token: () => 'test-token' },
      guardian: { add() {}, drop() {}, close() {} } as unknown as PilotParts['guardian'],
      ends: (call) => {
        changed = call;
        return { start: async () => {}, stop() {}, sawToken: (text) => seen.push(text) };
      },
    },
  );
  const left = pilot.run();
  cleanups.push(async () => {
    pilot.end('test');
    await left;
  });
  const endIn = (seconds: number): EndBound => {
    const instant = { at: systemClock.monotonic() + seconds * 1000, reason: 'the test says so' };
    return { drain: instant, end: instant };
  };
  return {
    pool,
    seen,
    bound: (...args: Parameters<NonNullable<typeof changed>>) => changed?.(...args),
    endIn,
  };
}

it('a pilot tells its pool at once of an earlier end, and of a newer token once: by the connection that it makes with it', async () => {
  const { pool, seen, bound, endIn } = await begin();
  await pool.hello();
  expect(seen).toEqual(['test-token']);
  bound('token', endIn(500));
  expect((await pool.hello(2)).endIn).toBeCloseTo(500, -2);
  bound('token', endIn(5000));
  bound('notice', endIn(1000));
  expect((await pool.hello(3)).endIn).toBeCloseTo(1000, -2);
  bound('notice', undefined);
  expect((await pool.hello(4)).endIn).toBeCloseTo(5000, -2);
  expect(pool.heard.filter(({ message }) => message.type === 'hello')).toHaveLength(4);
});
