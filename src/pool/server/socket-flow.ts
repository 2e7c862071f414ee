import type { WebSocket } from 'ws';
import type { Clock, Timer } from '#base/clock.ts';

/** Characters that may be in a socket before its pilot reads them; what comes after that waits here. */
const mostBuffered = 2 ** 20;

/** The most characters that wait for a pilot: more than all starts that it can have. */
const mostWaiting = 64 * 2 ** 20;

/** What a pilot may send: messages a second for a long time, and at once. 4 KiB of a message count as another one. */
const sustained = 1000;
const burst = 10_000;
const bytesOfOne = 4096;

/** Milliseconds for which a pilot that has sent too much is not listened to. */
const rest = 250;

/**
 * Bounds what one pilot's socket takes of the pool. A pilot that does not read is not listened to either, so it causes no more
 * answers; one that sends without end is listened to at a bounded rate, and TCP makes it wait.
 */
export class SocketFlow {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  #waiting: string[] = [];
  #waitingCharacters = 0;
  #credit = burst;
  #countedAt: number;
  #resting: Timer | undefined;
  #lastBuffered = 0;

  constructor(socket: WebSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.#countedAt = clock.monotonic();
  }

  send(message: string): void {
    if (this.#waiting.length === 0 && this.#socket.bufferedAmount < mostBuffered) {
      this.#write(message);
      return;
    }
    this.#waiting.push(message);
    this.#waitingCharacters += message.length;
    if (this.#waitingCharacters > mostWaiting) this.#socket.terminate();
    else this.#socket.pause();
  }

  /** Takes note of a message of the pilot. */
  heard(bytes: number): void {
    this.#credit -= 1 + bytes / bytesOfOne;
    if (this.#credit >= 0) return;
    this.#refill();
    if (this.#credit >= 0 || this.#resting !== undefined) return;
    this.#socket.pause();
    this.#resting = this.#clock.after(rest, () => {
      this.#resting = undefined;
      this.#refill();
      this.#listen();
    });
  }

  /** Whether the pool itself does not listen now, and the pilot reads what is sent, however slowly. */
  moves(): boolean {
    const before = this.#lastBuffered;
    this.#lastBuffered = this.#socket.bufferedAmount;
    return this.#resting !== undefined || (this.#waiting.length > 0 && this.#lastBuffered !== before);
  }

  close(): void {
    this.#resting?.cancel();
    this.#waiting = [];
  }

  #write(text: string): void {
    // Only a message that fills the buffer is waited for: a callback for each would cost more than the message.
    if (this.#socket.bufferedAmount + text.length < mostBuffered) this.#socket.send(text);
    else this.#socket.send(text, () => this.#goOn());
  }

  #goOn(): void {
    while (this.#waiting.length > 0 && this.#socket.bufferedAmount < mostBuffered) {
      const next = this.#waiting.shift();
      if (next === undefined || this.#socket.readyState !== this.#socket.OPEN) return;
      this.#waitingCharacters -= next.length;
      this.#write(next);
    }
    this.#listen();
  }

  #listen(): void {
    if (this.#waiting.length === 0 && this.#resting === undefined && this.#socket.isPaused)
      this.#socket.resume();
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    this.#credit = Math.min(burst, this.#credit + ((now - this.#countedAt) * sustained) / 1000);
    this.#countedAt = now;
  }
}
