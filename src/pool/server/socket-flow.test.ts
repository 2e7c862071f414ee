import { expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { ManualClock } from '#testing/manual-clock.ts';
import { SocketFlow } from './socket-flow.ts';

/** A socket whose peer reads only when a test says so. */
class FakeSocket {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  isPaused = false;
  ended = false;
  readonly sent: string[] = [];
  #then: (() => void) | undefined;

  send(text: string, then?: () => void): void {
    this.sent.push(text);
    this.bufferedAmount += text.length;
    this.#then = then ?? this.#then;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  terminate(): void {
    this.ended = true;
  }
  read(): void {
    this.bufferedAmount = 0;
    const then = this.#then;
    this.#then = undefined;
    then?.();
  }
}

const flowOf = (socket: FakeSocket, clock = new ManualClock()) =>
  new SocketFlow(socket as unknown as WebSocket, clock);

it('a pilot that does not read is not listened to until it has read, and gets everything in order', () => {
  const socket = new FakeSocket();
  const flow = flowOf(socket);
  const texts = Array.from({ length: 6 }, (_, index) => String(index).repeat(2 ** 19));
  for (const text of texts) flow.send(text);
  expect(socket.sent).toHaveLength(2);
  expect(socket.isPaused).toBe(true);
  for (let reads = 0; reads < 3; reads += 1) socket.read();
  expect(socket.sent).toEqual(texts);
  expect(socket.isPaused).toBe(false);
});

it('a pilot for which too much waits is cut off', () => {
  const socket = new FakeSocket();
  const flow = flowOf(socket);
  for (let count = 0; count < 70; count += 1) flow.send('x'.repeat(2 ** 20));
  expect(socket.ended).toBe(true);
});

it('a pilot that sends without end is listened to at a bounded rate', () => {
  const clock = new ManualClock();
  const socket = new FakeSocket();
  const flow = flowOf(socket, clock);
  let heard = 0;
  for (let millisecond = 0; millisecond < 10_000; millisecond += 1) {
    for (let count = 0; count < 50 && !socket.isPaused; count += 1) {
      flow.heard(100);
      heard += 1;
    }
    clock.advance(1);
  }
  expect(heard).toBeGreaterThan(15_000);
  expect(heard).toBeLessThan(25_000);
});
