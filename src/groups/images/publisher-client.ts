import { Agent } from 'undici';
import { GlideinError } from '#base/error.ts';
import { type ImageLease, type ImageSetStatus, imageSetStatus } from '#spec/image-set-status.ts';
import { readStored } from '../cluster/stored-spec.ts';

/** How long a publisher may take to answer, milliseconds. */
const answerMs = 10_000;

/** The most bytes of an answer: 60,000 images. */
const mostBytes = 32 * 2 ** 20;

/** Where a publisher answers, and what proves the operator to it. */
export interface PublisherAddress {
  /** The address of its pod. */
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

/** HTTP to publishers. */
export class PublisherClient {
  // Few requests, and pods that come and go: no connection is worth being kept.
  readonly #agent = new Agent({ pipelining: 0, headersTimeout: answerMs, bodyTimeout: answerMs });

  /**
   * What a publisher says of its set.
   * @throws GlideinError Unavailable without an answer, Unauthenticated, InvalidMessage
   */
  async status(address: PublisherAddress, signal: AbortSignal): Promise<ImageSetStatus> {
    const text = await this.#send(address, { method: 'GET', path: '/v1/status' }, signal);
    const read = readStored(imageSetStatus, jsonOf(text));
    if (read.ok) return read.spec;
    throw new GlideinError('InvalidMessage', `cannot read the answer of the publisher: ${read.problem}`, {
      cure: 'use a glidein of the same version for operator and publisher',
    });
  }

  /** Tells a publisher which images are in use. */
  async lease(
    address: PublisherAddress,
    holder: string,
    lease: ImageLease,
    signal: AbortSignal,
  ): Promise<void> {
    const path = `/v1/leases/${encodeURIComponent(holder)}`;
    await this.#send(address, { method: 'PUT', path, body: JSON.stringify(lease) }, signal);
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #send(
    { host, port, token }: PublisherAddress,
    request: { readonly method: 'GET' | 'PUT'; readonly path: string; readonly body?: string },
    signal: AbortSignal,
  ): Promise<string> {
    const origin = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const within = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    try {
      const answer = await this.#agent.request({ ...request, origin, headers, signal: within });
      const text = await textOf(answer.body);
      if (answer.statusCode < 300) return text;
      throw refusal(answer.statusCode, text);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof GlideinError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new GlideinError('Unavailable', `the publisher does not answer at ${origin}: ${why}`, {
        cause: error,
      });
    }
  }
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > mostBytes)
      throw new GlideinError('TooLarge', `the publisher answers with more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(status: number, text: string): GlideinError {
  const said = jsonOf(text);
  const message =
    typeof said === 'object' && said !== null && 'message' in said && typeof said.message === 'string'
      ? said.message
      : undefined;
  const words = `the publisher refuses the request with HTTP ${status}${message === undefined ? '' : `: ${message}`}`;
  return new GlideinError(status === 401 || status === 403 ? 'Unauthenticated' : 'Unavailable', words);
}
