import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import type { Finished } from '#wire/pilot-messages.ts';
import { type Takeover, takeOver } from './takeover.ts';

let directory: string;
const taken: Takeover[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glidein-takeover-'));
});
afterEach(() => {
  for (const takeover of taken.splice(0)) killed(takeover);
  rmSync(directory, { recursive: true });
});

async function begin(uid = 'u1'): Promise<Takeover> {
  const logger = createLogger('takeover-test', { level: 'silent' });
  const takeover = await takeOver({ directory, uid }, { random: Math.random, logger });
  taken.push(takeover);
  return takeover;
}

/** As the kernel does when a process is killed. */
function killed(takeover: Takeover): void {
  takeover.lock.release();
  const place = taken.indexOf(takeover);
  if (place >= 0) taken.splice(place, 1);
}

const result = (id: string): Finished => ({
  type: 'finished',
  claim: { generation: 'g', id, epoch: 1 },
  outcome: { kind: 'exited', exitCode: 3 },
  startedAt: 1,
  endedAt: 2,
  usage: { wallSeconds: 1 },
  outputs: [],
});

it('a pilot that was killed goes on under its name, with later connections and the results that were not recorded', async () => {
  const first = await begin();
  first.results.keep(result('1.0.1'));
  first.results.keep(result('2.0.1'));
  first.results.forget(result('1.0.1').claim);
  killed(first);
  const second = await begin();
  expect(second.process).toBe(first.process);
  expect(second.connections).toBeGreaterThan(first.connections + 1000);
  expect(second.unrecorded).toEqual([result('2.0.1')]);
  killed(second);
  expect((await begin()).connections).toBeGreaterThan(second.connections + 1000);
});

it('another pilot in the directory has a name of its own, and none of the results', async () => {
  const first = await begin('u1');
  first.results.keep(result('1.0.1'));
  killed(first);
  const other = await begin('u2');
  expect(other.process).not.toBe(first.process);
  expect(other.unrecorded).toEqual([]);
});

it('a result that cannot be read is left out', async () => {
  const first = await begin();
  first.results.keep(result('1.0.1'));
  writeFileSync(join(directory, 'results/spoiled'), '{"type":"finished"');
  killed(first);
  expect((await begin()).unrecorded).toEqual([result('1.0.1')]);
});

it('two pilots cannot use one directory', async () => {
  await begin();
  await expect(begin()).rejects.toMatchObject({ code: 'Conflict' });
});

it('a disk on which nothing can be kept does not hold up a result', async () => {
  const { results } = await begin();
  writeFileSync(join(directory, 'results'), 'in the way');
  results.keep(result('1.0.1'));
  expect(await results.load()).toEqual([]);
});
