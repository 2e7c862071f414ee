import { createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { ServicePort } from '#spec/services/port.ts';
import { isFree, takePorts } from './ports.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A port on which somebody listens. */
const occupied = () =>
  new Promise<number>((resolve) => {
    server = createServer().listen(0, '127.0.0.1', () => {
      const address = server?.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });

const port = (more: Partial<ServicePort>): ServicePort => ({
  name: 'web',
  from: 20_000,
  to: 29_999,
  ...more,
});
const within = (taken: Set<number>, instance = 0, draws: readonly number[] = []) => {
  let draw = 0;
  return { taken, instance, random: () => draws[draw++] ?? Math.random() };
};

it('an automatic port is free and in its range, and another is taken where somebody listens', async () => {
  const number = await occupied();
  const range = port({ from: number, to: number + 20 });
  const taken = new Set<number>();
  const chosen = await takePorts([range], within(taken, 0, [0, 0]));
  expect(chosen.get('web')).toBeGreaterThan(number);
  expect(chosen.get('web')).toBeLessThanOrEqual(number + 20);
  expect([...taken]).toEqual([chosen.get('web')]);
});

it('two ports of a pilot are never the same', async () => {
  const taken = new Set<number>();
  const draws = [0.5, 0.5, 0.6];
  const chosen = await takePorts([port({}), port({ name: 'other' })], within(taken, 0, draws));
  expect(new Set(chosen.values()).size).toBe(2);
});

it('a port with a number is that number, and counts on with the instance', async () => {
  const number = await occupied();
  server?.close();
  await expect.poll(() => isFree(number)).toBe(true);
  expect(await takePorts([port({ number })], within(new Set()))).toEqual(new Map([['web', number]]));
  expect(await takePorts([port({ number: number - 2 })], within(new Set(), 2))).toEqual(
    new Map([['web', number]]),
  );
});

it('a port with a number that is in use is refused, and none of the others stays taken', async () => {
  const number = await occupied();
  const taken = new Set<number>();
  await expect(takePorts([port({}), port({ name: 'fixed', number })], within(taken))).rejects.toThrow(
    `the port fixed, ${number}, is in use`,
  );
  expect(taken.size).toBe(0);
});

it('a range without a free port is refused with its bounds', async () => {
  const number = await occupied();
  await expect(takePorts([port({ from: number, to: number })], within(new Set()))).rejects.toThrow(
    `no port from ${number} to ${number} was found free`,
  );
});
