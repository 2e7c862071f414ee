import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { PoolClient } from '#client/pool-client.ts';
import { PoolPeer } from '#testing/pool-peer.ts';
import { listOutputs } from './output-list.ts';

let root: string;
let pool: PoolPeer;
let client: PoolClient;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-outputs-'));
  pool = await PoolPeer.listen();
  client = new PoolClient({ url: pool.url, token: () => 't' });
});
afterEach(async () => {
  await client.close();
  await pool.close();
  await rm(root, { recursive: true });
});

const many = {
  outputs: Array.from({ length: 6000 }, (_, number) => ({
    name: `${'n'.repeat(110)}${number}`,
    digest: `sha256:${'0'.repeat(64)}`,
    size: 0,
    executable: false,
  })),
};
const tell = (outputLists: boolean) =>
  listOutputs(many, root, {
    uploader: { client, clock: systemClock, random: () => 0 },
    signal: new AbortController().signal,
    outputLists: () => outputLists,
  });

it('many outputs are listed in the message if the pool cannot read output lists', async () => {
  expect(await tell(false)).toEqual(many);
});

it('many outputs are listed in a file if the pool can read output lists', async () => {
  expect(await tell(true)).toMatchObject({ outputs: [], outputList: { digest: expect.any(String) } });
  expect((await readFile(join(root, 'outputs'), 'utf8')).trimEnd().split('\n')).toHaveLength(6000);
});
