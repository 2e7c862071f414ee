import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TurnWrites } from './turn-writes.ts';

describe('writes of one turn', () => {
  it('stay together until the turn ends, and come in their order', async () => {
    const writes = new TurnWrites();
    const socket = new PassThrough();
    for (const text of ['a', 'b', 'c']) {
      writes.hold(socket);
      socket.write(text);
    }
    expect(socket.read()).toBeNull();
    await nextTurn();
    expect(String(socket.read())).toBe('abc');
    expect(socket.writableCorked).toBe(0);
  });

  it('are written at once when asked for, and the next turn begins anew', async () => {
    const writes = new TurnWrites();
    const socket = new PassThrough();
    writes.hold(socket);
    socket.write('a');
    writes.flush();
    expect(String(socket.read())).toBe('a');
    writes.hold(socket);
    socket.write('b');
    expect(socket.read()).toBeNull();
    await nextTurn();
    expect(String(socket.read())).toBe('b');
  });
});
