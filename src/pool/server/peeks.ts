import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { Peek } from '#wire/pool-messages.ts';
import type { Claim } from '../jobs/job.ts';

/** Milliseconds that a pilot has to send what a reader asked for. */
const patience = 10_000;

/** The most readers that may wait for pilots at the same time; each costs a timer and an open request. */
const mostWaiting = 1000;

/**
 * Connects a reader with the output of a running payload, as condor_tail does: the reader's request waits here, the pilot is
 * told over its socket, and the bytes that it then uploads are streamed to the reader.
 */
export class Peeks {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, { pilotUid: string; meet: (content: Readable) => void }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param gone aborted when the reader goes away
   * @throws GlideinError Timeout if the pilot does not answer, Unavailable if too many readers wait already
   */
  ask(
    claim: Claim,
    peek: Pick<Peek, 'stream' | 'offset'>,
    send: (peek: Peek) => void,
    gone: AbortSignal,
  ): Promise<Readable> {
    if (this.#waiting.size >= mostWaiting) {
      return Promise.reject(
        new GlideinError('Unavailable', 'too many readers already wait for pilots', { cure: 'try again' }),
      );
    }
    const id = randomUUID();
    return new Promise((resolve, reject) => {
      const end = () => {
        timer.cancel();
        gone.removeEventListener('abort', left);
        this.#waiting.delete(id);
      };
      const fail = (message: string) => {
        end();
        reject(new GlideinError('Timeout', message, { cure: 'try again' }));
      };
      const left = () => fail('the reader went away');
      const timer = this.#clock.after(patience, () => fail('the pilot did not send the output in time'));
      gone.addEventListener('abort', left, { once: true });
      const meet = (content: Readable) => {
        end();
        resolve(content);
      };
      this.#waiting.set(id, { pilotUid: claim.pilotUid, meet });
      send({ type: 'peek', id, claim: claim.ref, ...peek });
    });
  }

  /** Passes on the bytes that a pilot uploads. @throws GlideinError NotFound if nobody waits for them from this pilot */
  bring(id: string, pilotUid: string, content: Readable): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined || waiting.pilotUid !== pilotUid) {
      throw new GlideinError('NotFound', 'nobody waits for this output any more');
    }
    waiting.meet(content);
  }
}
