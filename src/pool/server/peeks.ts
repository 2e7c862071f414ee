import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { Peek } from '#wire/pool-messages.ts';
import type { Claim } from '../queue/job.ts';

/** How long a pilot has to send what somebody wants to read, in milliseconds. */
const patience = 10_000;

/**
 * Meetings of a reader and a running payload's output: the reader's request waits here, the pilot is told over its
 * socket, and the bytes that it then puts flow to the reader.
 */
export class Peeks {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, { pilotUid: string; meet: (content: Readable) => void }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws GlideinError Timeout when the pilot does not answer */
  ask(claim: Claim, stream: Peek['stream'], offset: number, send: (peek: Peek) => void): Promise<Readable> {
    const id = randomUUID();
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(patience, () => {
        this.#waiting.delete(id);
        reject(
          new GlideinError('Timeout', 'the pilot did not send the output in time', { cure: 'try again' }),
        );
      });
      const meet = (content: Readable) => {
        timer.cancel();
        this.#waiting.delete(id);
        resolve(content);
      };
      this.#waiting.set(id, { pilotUid: claim.pilotUid, meet });
      send({ type: 'peek', id, claim: claim.ref, stream, offset });
    });
  }

  /** The pilot brings the bytes. @throws GlideinError NotFound when nobody waits for them from this pilot */
  bring(id: string, pilotUid: string, content: Readable): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined || waiting.pilotUid !== pilotUid) {
      throw new GlideinError('NotFound', 'nobody waits for this output any more');
    }
    waiting.meet(content);
  }
}
