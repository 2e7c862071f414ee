import { createHash, type Hash } from 'node:crypto';
import { createReadStream, statfsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '#base/clock.ts';
import { describeError, GlideinError } from '#base/error.ts';
import { blobAt } from './blob-file.ts';
import type { Descriptor } from './manifest.ts';
import type { ImageReference } from './reference.ts';
import type { RegistryClient } from './registry-client.ts';
import { TransferPace } from './transfer-pace.ts';

/** Bytes after which the disk is looked at again, since many blobs may come at a time. */
const lookAtDisk = 4 * 2 ** 20;

/** Where a blob goes. */
interface Into {
  /** The file of what has come of it. */
  readonly partial: string;
  /** On whose disk bytes stay free. */
  readonly directory: string;
  readonly reserve?: number | undefined;
  readonly clock: Clock;
}

/** What has arrived of a blob. */
interface Received {
  readonly hash: Hash;
  bytes: number;
}

/**
 * Goes on where an earlier transfer broke off, and checks the whole.
 * @throws GlideinError Unavailable if it broke off again; InvalidMessage if it is another blob; NoSpace
 */
export async function transferBlob(
  client: Pick<RegistryClient, 'blob'>,
  reference: ImageReference,
  blob: Descriptor,
  into: Into,
  signal: AbortSignal,
): Promise<void> {
  const there = await hashOf(into.partial, blob.size);
  const whole =
    there.bytes === blob.size ? there : await receive(client, reference, blob, { ...into, there }, signal);
  if (`sha256:${whole.hash.digest('hex')}` !== blob.digest)
    throw wrong(blob.digest, 'its content has another digest');
}

async function receive(
  client: Pick<RegistryClient, 'blob'>,
  reference: ImageReference,
  { digest, size }: Descriptor,
  { there, ...into }: Into & { readonly there: Received },
  signal: AbortSignal,
): Promise<Received> {
  const { from, content } = await client.blob(reference, digest, there.bytes, signal);
  const received = from === there.bytes ? there : { hash: createHash('sha256'), bytes: 0 };
  const pace = new TransferPace(into.clock, (tooSlow) => content.destroy(tooSlow));
  const stop = (): unknown => content.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const file = await open(into.partial, received.bytes === 0 ? 'w' : 'a');
  let unlooked = 0;
  try {
    for await (const chunk of chunksOf(content)) {
      pace.add(chunk.length);
      received.bytes += chunk.length;
      if (received.bytes > size) throw wrong(digest, `it has more than the ${size} bytes of its manifest`);
      received.hash.update(chunk);
      unlooked += chunk.length;
      if (unlooked >= lookAtDisk) requireRoom(into);
      unlooked %= lookAtDisk;
      await file.write(chunk);
    }
  } finally {
    pace.stop();
    signal.removeEventListener('abort', stop);
    content.destroy();
    await file.close();
  }
  if (received.bytes === size) return received;
  throw new GlideinError('Unavailable', `the transfer ended after ${received.bytes} of ${size} bytes`);
}

function requireRoom({ directory, reserve = 0 }: Into): void {
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize < reserve)
    throw new GlideinError(
      'NoSpace',
      `the layers of the image need more space than there is: ${Math.floor(reserve / 2 ** 20)} MiB are to stay free`,
    );
}

/** What an earlier transfer has brought. */
async function hashOf(partial: string, size: number): Promise<Received> {
  const hash = createHash('sha256');
  const there = (await blobAt(partial))?.size ?? 0;
  if (there === 0 || there > size) return { hash, bytes: 0 };
  for await (const chunk of createReadStream(partial) as AsyncIterable<Buffer>) hash.update(chunk);
  return { hash, bytes: there };
}

/** @throws GlideinError and nothing else, so that failures of the network can be told from those of the disk */
async function* chunksOf(content: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* content as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof GlideinError) throw error;
    throw new GlideinError('Unavailable', `the connection broke off: ${describeError(error)}`, {
      cause: error,
    });
  }
}

const wrong = (digest: string, why: string): GlideinError =>
  new GlideinError('InvalidMessage', `the registry sends a wrong blob ${digest}: ${why}`);
