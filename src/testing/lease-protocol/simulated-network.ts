import { EventEmitter } from 'node:events';
import type { ClientOptions, WebSocket } from 'ws';
import type { Direction } from './scenario.ts';
import type { SimulatedProcess, SimulatedTime } from './simulated-time.ts';

/** A time in which a line is worse than usual; `until` and `from` in milliseconds of the world. */
export interface Weather {
  readonly from: number;
  readonly until: number;
  readonly direction: Direction;
  /** Milliseconds that a message takes longer; infinite: nothing arrives before the end. */
  readonly delay: number;
}

/** The line between one pilot and the pool. */
export interface Line {
  readonly weather: readonly Weather[];
  readonly random: () => number;
  /** How many messages in a hundred arrive twice. */
  readonly duplicates: number;
  /** Called when something is about to be sent. */
  readonly sends: (text: string, socket: SimulatedSocket) => void;
}

/** Milliseconds that the library waits for the answer to a close. */
const closeTimeout = 30_000;

/**
 * A TCP connection with the interface of `ws`. In each direction messages come in order, or not at all from some point on; what
 * was sent before the end may arrive long after it, even after what was sent on the next connection. Either end may never
 * hear that the other is gone.
 */
export class SimulatedSocket extends EventEmitter {
  readonly OPEN = 1;
  /** What is sent is on its way at once. */
  readonly bufferedAmount = 0;
  readyState = 0;
  isPaused = false;
  readonly #time: SimulatedTime;
  readonly #process: SimulatedProcess;
  readonly #line: Line;
  readonly #direction: Direction;
  /** What is sent from this end arrives no earlier. */
  #stuckUntil = 0;
  readonly #kept: string[] = [];
  #peer: SimulatedSocket | undefined;
  /** When the last thing that was sent arrives. */
  #arrives = 0;
  /** What was sent and arrives later than this is lost. */
  #lostFrom = Number.POSITIVE_INFINITY;

  private constructor(time: SimulatedTime, process: SimulatedProcess, line: Line, direction: Direction) {
    super();
    this.#time = time;
    this.#process = process;
    this.#line = line;
    this.#direction = direction;
  }

  /** The pilot's end of a new connection. @param listener the pool that listens when the request arrives, if one does */
  static connect(
    time: SimulatedTime,
    line: Line,
    pilot: SimulatedProcess,
    listener: () => { process: SimulatedProcess; accept: (socket: WebSocket) => void } | undefined,
    { handshakeTimeout = 15_000 }: ClientOptions,
  ): WebSocket {
    const near = new SimulatedSocket(time, pilot, line, 'toPool');
    pilot.clock.after(handshakeTimeout, () => near.readyState === 0 && near.#fail('handshake timed out'));
    near.#transmit(() => {
      const pool = listener();
      if (pool === undefined) {
        time.at(time.now + 1 + 20 * line.random(), () => near.#fail('connection refused'), pilot);
        return;
      }
      const far = new SimulatedSocket(time, pool.process, line, 'toPilot');
      near.#peer = far;
      far.#peer = near;
      far.readyState = 1;
      pool.accept(far as unknown as WebSocket);
      far.#transmit(() => {
        if (near.readyState === 0) {
          near.readyState = 1;
          near.emit('open');
        }
      }, pilot);
    });
    return near as unknown as WebSocket;
  }

  send(text: string): void {
    if (this.readyState !== 1) return;
    this.#line.sends(text, this);
    const times = this.#line.random() * 100 < this.#line.duplicates ? 2 : 1;
    for (let count = 0; count < times; count += 1) this.#toPeer((peer) => peer.#hear(text));
  }

  /** From now on what arrives is kept, as by TCP. */
  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    for (const text of this.#kept.splice(0)) this.#hear(text);
  }

  ping(): void {
    this.#toPeer((peer) => peer.#toPeer(() => this.emit('pong')));
  }

  close(code = 1005, reason = ''): void {
    if (this.readyState === 0) this.terminate();
    if (this.readyState !== 1) return;
    this.readyState = 2;
    this.#toPeer((peer) => {
      peer.#toPeer(() => this.#closed(code, reason));
      peer.#closed(code, reason);
    });
    this.#process.clock.after(closeTimeout, () => this.#closed(1006, ''));
  }

  terminate(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#time.at(this.#time.now, () => this.emit('close', 1006, Buffer.alloc(0)), this.#process);
    this.#endPeer();
  }

  /** The connection breaks, as when a router forgets it or the process dies: each end may notice, or not. */
  break(): void {
    if (this.#line.random() < 0.5) this.#fail('connection reset');
    this.#endPeer();
  }

  /** This end sees the connection break, but what it sends now is still on its way, and arrives at `until`. */
  strand(until: number): void {
    this.#stuckUntil = until;
    this.#time.at(
      this.#time.now + 20,
      () => {
        this.#fail('connection reset');
        this.#toPeer((peer) => peer.#closed(1006, ''));
      },
      this.#process,
    );
  }

  /** The process at this end was killed. */
  die(): void {
    this.readyState = 3;
    this.#endPeer();
  }

  /** What is under way may be lost, and so may the news of the end. */
  #endPeer(): void {
    const { random } = this.#line;
    if (random() < 0.5)
      this.#lostFrom = this.#time.now + random() * Math.max(0, this.#arrives - this.#time.now);
    if (random() < 0.7) this.#toPeer((peer) => peer.#closed(1006, ''));
  }

  #fail(reason: string): void {
    if (this.readyState === 3) return;
    this.emit('error', new Error(reason));
    this.#closed(1006, '');
  }

  #closed(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.emit('close', code, Buffer.from(reason));
  }

  #hear(text: string): void {
    if (this.isPaused) this.#kept.push(text);
    else if (this.readyState === 1) this.emit('message', Buffer.from(text));
  }

  #toPeer(arrive: (peer: SimulatedSocket) => unknown): void {
    const peer = this.#peer;
    if (peer !== undefined) this.#transmit(() => arrive(peer), peer.#process);
  }

  /** Brings something to the other end, after everything that was sent before. */
  #transmit(arrive: () => unknown, process?: SimulatedProcess): void {
    this.#arrives = Math.max(this.#arrives, this.#arrivalOf(this.#time.now));
    const at = this.#arrives;
    this.#time.at(at, () => at < this.#lostFrom && void arrive(), process);
  }

  #arrivalOf(sent: number): number {
    const { weather, random } = this.#line;
    let at = Math.max(sent, this.#stuckUntil) + 1 + 40 * random() ** 3;
    for (const { from, until, direction, delay } of weather) {
      if (direction !== 'both' && direction !== this.#direction) continue;
      if (delay !== Number.POSITIVE_INFINITY && sent >= from && sent < until) at += delay;
      // What runs into a cut is sent again until the cut ends.
      if (delay === Number.POSITIVE_INFINITY && at >= from && sent < until)
        at = Math.max(at, until + 3000 * random());
    }
    return at;
  }
}
