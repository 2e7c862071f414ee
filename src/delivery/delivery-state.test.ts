import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DeliveryState } from './delivery-state.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-delivery-'));
  file = join(directory, 'delivery.json');
});
afterEach(() => rm(directory, { recursive: true }));

it('a delivery continues where the last one ended, including what could not be written then', async () => {
  const state = await DeliveryState.open(file);
  state.rememberResults('7.0', 5);
  state.rememberLog(7);
  await state.advance('first', 12);
  const next = await DeliveryState.open(file);
  expect(next.after).toBe(12);
  expect([...next.results]).toEqual([['7.0', 5]]);
  expect([...next.logs]).toEqual([7]);
  expect(await readdir(directory)).toEqual(['delivery.json']);
});

it('a delivery starts over at the first event of a pool that was restored from a backup', async () => {
  const state = await DeliveryState.open(file);
  expect(state.isOtherGeneration('first')).toBe(false);
  await state.advance('first', 12);
  expect(state.isOtherGeneration('second')).toBe(true);
  await state.startOver('second');
  expect((await DeliveryState.open(file)).after).toBe(0);
});

it.each(['', '{', '{"after":"x"}'])('a delivery starts over if its state reads "%s"', async (text) => {
  await writeFile(file, text);
  expect((await DeliveryState.open(file)).after).toBe(0);
});
