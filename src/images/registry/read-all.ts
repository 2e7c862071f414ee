import type { IncomingMessage } from 'node:http';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { BodyBudget } from './body-budget.ts';

interface ReadOptions {
  readonly clock: Clock;
  /** What all bodies that are read at a time may take; anything if undefined. */
  readonly budget?: BodyBudget | undefined;
}

/**
 * The whole body of an answer.
 * @param most the most bytes that it may have
 * @throws GlideinError TooLarge, Unavailable
 */
export async function readAll(
  answer: IncomingMessage,
  most: number,
  { clock, budget }: ReadOptions,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const share = budget?.begin((reason) => answer.destroy(reason));
  const timer = clock.after(limit, () => answer.destroy(tooSlow()));
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      share?.add(chunk.length);
      if (bytes > most)
        throw new GlideinError('TooLarge', `the registry answers with more than ${most} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    timer.cancel();
    share?.end();
    answer.destroy();
  }
}

/** Milliseconds in which a body must have come. */
const limit = 60_000;

const tooSlow = (): GlideinError =>
  new GlideinError('Unavailable', `the registry’s answer has not come within ${limit / 1000} seconds`);
