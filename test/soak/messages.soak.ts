import { stormPilot, stormPool } from '#testing/message-storm.ts';
import { PilotProcess } from '#testing/pilot-process.ts';
import { PoolPeer } from '#testing/pool-peer.ts';
import { randomOf } from '#testing/random-of.ts';
import { TestPool } from '#testing/test-pool.ts';

/**
 * Ten thousand messages in each direction, valid, nearly valid and hostile, some of 4 MiB or more: they may affect no claim but
 * the one that they are about. `--messages=N`, `--seed=N`.
 */
const option = (name: string, otherwise: number): number => {
  const found = process.argv.find((each) => each.startsWith(`--${name}=`));
  return found === undefined ? otherwise : Number(found.slice(name.length + 3));
};

const messages = option('messages', 10_000);
const seed = option('seed', Date.now() % 2 ** 31);
const random = randomOf(seed);
process.stdout.write(`seed ${seed}\n`);

const pool = await TestPool.start();
const toPool = await stormPool(pool, { messages, random });
await pool.destroy();
process.stdout.write(`to the pool: ${JSON.stringify(toPool)}\n`);

const peer = await PoolPeer.listen();
const pilot = await PilotProcess.start({ url: peer.url, spec: { cpus: 4 } });
try {
  const good = [1, 2, 3].map(() =>
    peer.startOf({
      ad: { Cmd: '"/bin/sleep"', Arguments: '"10"', TransferExecutable: 'false', ContainerImage: '"hello"' },
    }),
  );
  const toPilot = await stormPilot(peer, { messages, random, good });
  process.stdout.write(`to the pilot: ${JSON.stringify(toPilot)}\n`);
  // Good jobs must have ended in both; otherwise this shows nothing.
  const shown = Math.min(toPool.good, toPilot.good) > 0;
  process.exitCode = shown && toPool.harmed.length + toPilot.harmed.length === 0 ? 0 : 1;
} finally {
  await pilot.destroy();
  await peer.close();
}
