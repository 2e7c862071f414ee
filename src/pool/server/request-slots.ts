import type { FastifyReply } from 'fastify';
import { GlideinError } from '#base/error.ts';
import { readerGone } from './request.ts';

/** The most requests of one bearer that are handled at the same time, and that may wait for that. */
const mostHandled = 64;
const mostWaiting = 4096;

interface Bearer {
  handled: number;
  readonly waiting: (() => void)[];
}

interface Limits {
  readonly handled: number;
  readonly waiting: number;
}

/**
 * Bounds the answers that are being made or sent for one bearer of tokens. Further requests wait for their turn, so whoever
 * sends thousands, or does not read the answers, only delays requests of their own.
 */
export class RequestSlots {
  readonly #limits: Limits;
  readonly #bearers = new Map<string, Bearer>();

  constructor(limits: Limits = { handled: mostHandled, waiting: mostWaiting }) {
    this.#limits = limits;
  }

  /**
   * Resolves when a request of `bearer` may be handled. Call `leave` exactly once after that.
   * @param leaving a signal that aborts when the client goes away: then it rejects, and nothing is to be left
   * @throws GlideinError Unavailable if too many wait already
   */
  async enter(bearer: string, leaving: () => AbortSignal): Promise<void> {
    const own = this.#of(bearer);
    if (own.handled < this.#limits.handled) {
      own.handled += 1;
      return;
    }
    if (own.waiting.length >= this.#limits.waiting)
      throw new GlideinError('Unavailable', `${own.waiting.length} of your requests wait already`, {
        cure: 'make fewer requests at the same time',
      });
    const gone = leaving();
    await new Promise<void>((resolve, reject) => {
      const left = () => {
        own.waiting.splice(own.waiting.indexOf(enter), 1);
        reject(new GlideinError('Timeout', 'the client went away'));
      };
      const enter = () => {
        gone.removeEventListener('abort', left);
        resolve();
      };
      gone.addEventListener('abort', left, { once: true });
      own.waiting.push(enter);
    });
  }

  /** Enters for a request, and leaves when its answer is sent or its client is gone. */
  async hold(bearer: string, reply: FastifyReply): Promise<void> {
    await this.enter(bearer, () => readerGone(reply));
    this.leaveAfter(bearer, reply);
  }

  /** Leaves when the answer is sent or the client is gone. */
  leaveAfter(bearer: string, reply: FastifyReply): void {
    if (reply.request.raw.socket.destroyed) this.leave(bearer);
    else reply.raw.once('close', () => this.leave(bearer));
  }

  leave(bearer: string): void {
    const own = this.#of(bearer);
    const next = own.waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    own.handled -= 1;
    if (own.handled === 0) this.#bearers.delete(bearer);
  }

  #of(bearer: string): Bearer {
    const found = this.#bearers.get(bearer);
    if (found !== undefined) return found;
    const made = { handled: 0, waiting: [] };
    this.#bearers.set(bearer, made);
    return made;
  }
}
