import { setTimeout as after } from 'node:timers/promises';
import { isCode } from '#base/error.ts';

/** How often in a row a broken transfer may fail to get any further. */
const mostFailures = 100;

/** Milliseconds before each further try: the pool must have noticed that the connection broke, and taken in what had come. */
const pause = 600;

interface Transfer {
  /** Bytes that have arrived so far. */
  readonly position: () => Promise<number>;
  /** Transfers the rest. @throws GlideinError Unavailable when the connection breaks, Conflict when it goes on elsewhere now */
  readonly rest: (from: number) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** Another transfer of the same file may have gone on in between, or its beginning may be gone. */
const mayGoOn = (error: unknown): boolean => isCode(error, 'Unavailable') || isCode(error, 'Conflict');

/**
 * Goes on with a transfer whose connection broke where it had stopped, for as long as it gets any further, and over a minute in
 * which the pool is away. A transfer of which nothing has arrived is not repeated.
 * @throws what `rest` throws
 */
export async function resumed({ position, rest, signal }: Transfer): Promise<void> {
  let from = await position();
  for (let failures = 0; ; ) {
    try {
      await rest(from);
      return;
    } catch (error) {
      if (!mayGoOn(error) || signal?.aborted) throw error;
      await after(pause, undefined, signal === undefined ? {} : { signal });
      // While the pool is away, it is unknown how far it came.
      const now = await position().catch(() => from);
      failures = now > from ? 0 : failures + 1;
      if ((now === 0 && from === 0) || failures > mostFailures) throw error;
      from = now;
    }
  }
}
