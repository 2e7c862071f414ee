import type { IncomingMessage } from 'node:http';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { RegistryRequest, Send } from './requests.ts';

/** Milliseconds in which an answer must begin. */
const answerLimit = 60_000;

/**
 * Sends a request to a server that may hang.
 * @param server what it is called in messages
 * @throws GlideinError Unavailable; the reason of the request's signal when that aborts
 */
export async function sendInTime(
  { send, clock }: { readonly send: Send; readonly clock: Clock },
  server: string,
  url: string,
  request: RegistryRequest,
): Promise<IncomingMessage> {
  const late = new AbortController();
  const timer = clock.after(answerLimit, () => late.abort());
  try {
    return await send(url, { ...request, signal: AbortSignal.any([request.signal, late.signal]) });
  } catch (error) {
    request.signal.throwIfAborted();
    if (error instanceof GlideinError) throw error;
    const why = late.signal.aborted
      ? `it does not answer within ${answerLimit / 1000} seconds`
      : wordsOf(error);
    throw new GlideinError('Unavailable', `${server} cannot be reached: ${why}`, { cause: error });
  } finally {
    timer.cancel();
  }
}

/** If several addresses of a host fail, their common error has only a code and no message. */
const wordsOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
};
