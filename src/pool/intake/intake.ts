import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { GlideinError } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';
import type { CheckedSubmit } from './checked-submit.ts';
import type { BodyMessage, Fault, ReadMessage } from './intake-messages.ts';
import { Remembered } from './remembered.ts';
import { SubmitReader } from './submit-reader.ts';

/** The largest body that is read in the pool's own thread: that takes a millisecond, and the way to another thread as much. */
const inlineBytes = 2 ** 15;

/** How many pieces of a body may be on the way to the thread; its sender waits meanwhile. */
const mostPieces = 4;

/** The most that the heap of the thread may grow to, in MiB: it holds a slice of each body, and what they refer to. */
const heapMiB = 512;

/** A body on its way through the thread. */
interface Passage {
  /** How many of its pieces are on the way. */
  pieces: number;
  /** Wakes who waits to send the next piece. */
  wake: () => void;
  /** It has been answered. */
  over: boolean;
  readonly checked: PromiseWithResolvers<CheckedSubmit>;
}

/**
 * Reads the bodies of submits as they arrive: small ones at once, large ones in a thread of their own, which is started for the
 * first of them. A large body waits on its connection, and never lies in memory as a whole.
 *
 * **Gotchas.** If the thread dies, the bodies that it was reading are answered with Unavailable, and the next one gets a new
 * thread.
 */
export class Intake {
  readonly #passages = new Map<number, Passage>();
  /** Of small bodies. */
  readonly #remembered = new Remembered();
  #worker: Worker | undefined;
  #nextId = 1;

  /**
   * @param most the most bytes
   * @throws GlideinError InvalidArgument naming the field, InvalidExpression, TooLarge, or Unavailable
   */
  async read(body: Readable, owner: string, most: number): Promise<CheckedSubmit> {
    const pieces = withinLimit(body.iterator({ destroyOnReturn: false }), most);
    try {
      const { begun, isWhole } = await firstPieces(pieces);
      return isWhole
        ? readHere(begun, owner, this.#remembered)
        : await this.#readElsewhere(begun, pieces, owner);
    } finally {
      // The rest of a refused body must not block its connection.
      body.resume();
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #readElsewhere(
    begun: readonly Uint8Array[],
    rest: AsyncIterable<Uint8Array>,
    owner: string,
  ): Promise<CheckedSubmit> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const id = this.#nextId;
    this.#nextId += 1;
    const passage: Passage = { pieces: 0, wake() {}, over: false, checked: Promise.withResolvers() };
    this.#passages.set(id, passage);
    const tell = (message: BodyMessage, transfer: ArrayBuffer[] = []) =>
      worker.postMessage(message, transfer);
    const send = (bytes: Uint8Array<ArrayBuffer>) => tell({ id, op: 'piece', bytes }, [bytes.buffer]);
    tell({ id, op: 'begin', owner });
    try {
      for (const piece of begun) await pass(passage, piece, send);
      for await (const piece of rest) {
        if (passage.over) break;
        await pass(passage, piece, send);
      }
      tell({ id, op: 'end' });
      return await passage.checked.promise;
    } catch (error) {
      tell({ id, op: 'drop' });
      throw error;
    } finally {
      this.#passages.delete(id);
    }
  }

  #start(): Worker {
    const resourceLimits = { maxOldGenerationSizeMb: heapMiB };
    const worker = new Worker(workerFile(), { name: 'intake', resourceLimits });
    worker.on('message', (message: ReadMessage) => this.#hear(message));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', () => this.#lose(worker, undefined));
    return worker;
  }

  #hear(message: ReadMessage): void {
    const passage = this.#passages.get(message.id);
    if (passage === undefined) return;
    if (message.op === 'read') passage.pieces -= 1;
    else if (message.op === 'checked') passage.checked.resolve(message.submit);
    else refuse(passage, errorOf(message.fault));
    passage.wake();
  }

  /** The thread has ended, although nobody asked it to. */
  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const passage of this.#passages.values()) {
      refuse(
        passage,
        new GlideinError('Unavailable', 'the thread that reads submissions has ended', {
          cause,
          cure: 'submit again, with the same key; in smaller parts if it happens again',
        }),
      );
      passage.wake();
    }
  }
}

function refuse(passage: Passage, error: GlideinError): void {
  passage.over = true;
  // Who sends the body may still wait for its next piece.
  passage.checked.promise.catch(() => undefined);
  passage.checked.reject(error);
}

/** Sends a piece once few enough are on the way. */
async function pass(
  passage: Passage,
  piece: Uint8Array,
  send: (bytes: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  while (passage.pieces >= mostPieces && !passage.over) {
    const { promise, resolve } = Promise.withResolvers<void>();
    passage.wake = resolve;
    await promise;
  }
  if (passage.over) return;
  passage.pieces += 1;
  // A copy, because the memory of a piece may be shared with others.
  send(new Uint8Array(piece));
}

/** The first pieces of a body, all of them if it is small. */
async function firstPieces(
  pieces: AsyncGenerator<Uint8Array, void>,
): Promise<{ begun: readonly Uint8Array[]; isWhole: boolean }> {
  const begun: Uint8Array[] = [];
  for (let bytes = 0; bytes <= inlineBytes; bytes += begun.at(-1)?.length ?? 0) {
    const next = await pieces.next();
    if (next.done === true) return { begun, isWhole: true };
    begun.push(next.value);
  }
  return { begun, isWhole: false };
}

function readHere(pieces: readonly Uint8Array[], owner: string, remembered: Remembered): CheckedSubmit {
  const reader = new SubmitReader(owner, remembered);
  for (const piece of pieces) reader.push(piece);
  return reader.end();
}

async function* withinLimit(body: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array, void> {
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > most)
      throw new GlideinError('TooLarge', `the request has more than ${formatBytes(most)}`, {
        cure: 'submit fewer procs at a time, or ask the operator of the pool for more memory',
      });
    yield piece;
  }
}

const errorOf = ({ code, message, cure, place }: Fault): GlideinError =>
  new GlideinError(code, message, {
    ...(cure === undefined ? {} : { cure }),
    ...(place === undefined ? {} : { place }),
  });

/** The thread lies beside this source, or beside the bundle. */
const workerFile = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? './intake-worker.ts' : './intake-worker.js', import.meta.url);
