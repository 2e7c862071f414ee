import { expect, it } from 'vitest';
import { stormPilot, stormPool } from '#testing/message-storm.ts';
import { missingRuntime, PilotProcess } from '#testing/pilot-process.ts';
import { PoolPeer } from '#testing/pool-peer.ts';
import { randomOf } from '#testing/random-of.ts';
import { TestPool } from '#testing/test-pool.ts';

const missing = await missingRuntime();

/** The same messages each time; the soak test uses new ones. */
const usualSeed = 20_261_129;
const seed = Number(process.env.GLIDEIN_TEST_SEED ?? usualSeed);

it('five hundred malformed messages affect no claim of the pool but their own', async () => {
  const pool = await TestPool.start();
  try {
    const figures = await stormPool(pool, { messages: 500, random: randomOf(seed) });
    expect(figures.harmed, `seed ${seed}`).toEqual([]);
    expect(figures.good).toBe(30);
  } finally {
    await pool.destroy();
  }
});

it.skipIf(missing !== undefined)(
  `a pilot runs three good jobs through a storm of bad messages${missing ? ` (${missing})` : ''}`,
  async () => {
    const peer = await PoolPeer.listen();
    const pilot = await PilotProcess.start({ url: peer.url, spec: { cpus: 4 } });
    try {
      const good = [1, 2, 3].map(() =>
        peer.startOf({
          ad: {
            Cmd: '"/bin/sleep"',
            Arguments: '"3"',
            TransferExecutable: 'false',
            ContainerImage: '"hello"',
          },
        }),
      );
      const figures = await Promise.race([
        stormPilot(peer, { messages: 1500, random: randomOf(seed), good }),
        endOf(pilot),
      ]);
      expect(figures, `seed ${seed}`).toMatchObject({ harmed: [], good: 3, reconnects: 1 });
    } finally {
      await pilot.destroy();
      await peer.close();
    }
  },
);

/** A pilot that ends is silent: its log says why. */
async function endOf(pilot: PilotProcess): Promise<never> {
  const { code } = await pilot.exit;
  throw new Error(`seed ${seed}: the pilot ended with code ${code}: ${pilot.log.slice(-2000)}`);
}
