import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { PoolClient } from '#client/pool-client.ts';
import { GlideinLine } from '#testing/glidein-line.ts';
import { registeredPilot } from '#testing/registered-pilot.ts';
import type { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { Delivery } from './delivery.ts';
import { DeliveryState } from './delivery-state.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
let pilot: ScriptedPilot;

beforeAll(async () => {
  line = await GlideinLine.start();
  pilot = await registeredPilot(line, 'p');
});
afterAll(async () => {
  pilot?.cut();
  await line.stop();
});

test('results of more jobs than can be remembered by name are delivered once they can be written', async () => {
  const directory = join(line.directory, 'run');
  await mkdir(directory);
  const text = `executable = /bin/sh\ntransfer_executable = false\ncontainer_image = hello\ninitialdir = ${directory}\nlog = job.log\noutput = o.$(Process)\nqueue 5\n`;
  const { out, err } = await line.run(['submit', await line.file('run.sub', text)]);
  const cluster = /cluster (\d+)/.exec(out)?.[1];
  expect(cluster, err).toBeDefined();
  for (const proc of [0, 1, 2, 3, 4]) {
    const start = await pilot.begin(`${cluster}.${proc}`);
    await pilot.finish(start, { stdout: await pilot.bring('_stdout', `printed by ${proc}`) });
  }

  const client = new PoolClient({ url: line.url, token: () => line.token('alice', 'submitter') });
  const said: string[] = [];
  const delivery = new Delivery({
    client,
    state: new DeliveryState(undefined, 2),
    locks: join(line.directory, 'locks'),
    say: (sentence) => said.push(sentence),
    clock: systemClock,
    signal: new AbortController().signal,
  });
  await rename(directory, `${directory}.away`);
  for (let isAll = false; !isAll; ) ({ isAll } = await delivery.next(0));
  await delivery.retry();
  expect(delivery.isWaiting).toBe(true);
  expect(said).toEqual([expect.stringContaining(`${directory}, does not exist`)]);
  await rename(`${directory}.away`, directory);
  await delivery.retry();
  expect(delivery.isWaiting).toBe(false);
  expect((await readdir(directory)).sort()).toEqual(['job.log', 'o.0', 'o.1', 'o.2', 'o.3', 'o.4']);
  await client.close();
});
