import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { Connections } from './connections.ts';

it('of too many connections without a token the oldest is closed, and none with a token', () => {
  const connections = new Connections({ strangers: 2, ofOne: 10 });
  const sockets = Array.from({ length: 5 }, () => new PassThrough());
  const [known, ...strangers] = sockets;
  for (const socket of sockets) {
    connections.opened(socket);
    if (socket === known) connections.proved(socket, 'alice');
  }
  expect(known?.destroyed).toBe(false);
  expect(strangers.map(({ destroyed }) => destroyed)).toEqual([true, true, false, false]);
});

it('a bearer with too many connections is refused further ones until one is closed', async () => {
  const connections = new Connections({ strangers: 10, ofOne: 1 });
  const [first, second] = [new PassThrough(), new PassThrough()];
  connections.proved(first, 'alice');
  connections.proved(first, 'alice');
  expect(() => connections.proved(second, 'alice')).toThrow(/hold 1 connections/);
  connections.proved(second, 'bob');
  const closed = new Promise((resolve) => first.once('close', resolve));
  first.destroy();
  await closed;
  expect(() => connections.proved(new PassThrough(), 'alice')).not.toThrow();
});
