import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';
import { GlideinError } from '#base/error.ts';
import type { LayerEntry, LayerWriter } from './layer-writer.ts';

/**
 * Bytes of a layer that are read, decompressed and handed on at a time. Each piece is a journey to the thread pool and back, and some steps
 * of every stream on the way: with the 16 KiB that are usual, those cost more than the decompression.
 */
const piece = 256 * 2 ** 10;

/**
 * Unpacks the file of a layer.
 * @param diffId the digest of the layer without compression, by the image's configuration
 * @param most the most bytes that the layer may have without compression
 * @throws GlideinError InvalidMessage, TooLarge, Unsupported; errors of the file system
 */
export async function unpackLayer(
  path: string,
  diffId: string,
  most: number,
  writer: LayerWriter,
  signal: AbortSignal,
): Promise<void> {
  const digest = new DigestOf(most);
  // Names are bytes: each becomes one character.
  const archive = extract({ filenameEncoding: 'latin1' } as object);
  const read = pipeline(
    createReadStream(path, { highWaterMark: piece }),
    await decompressor(path),
    digest,
    archive as unknown as Writable,
    { signal },
  );
  // The loop below throws what has failed; without it, a failure before the loop would be nobody's.
  read.catch(() => undefined);
  try {
    for await (const source of archive) await writeEntry(source, writer);
    await read;
  } catch (error) {
    archive.destroy();
    await read.catch(() => undefined);
    throw signal.aborted ? signal.reason : failureOf(error);
  }
  if (digest.value !== diffId)
    throw new GlideinError(
      'InvalidMessage',
      `a layer of the image is not the one of its configuration: ${diffId}`,
    );
}

/** An entry of an archive, as it is read. */
type Source = Extract extends AsyncIterable<infer Each> ? Each : never;

async function writeEntry(source: Source, writer: LayerWriter): Promise<void> {
  const target = writer.begin(entryOf(source));
  if (target === undefined) {
    source.resume();
    return;
  }
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) target.write(chunk);
  } catch (error) {
    target.abandon();
    throw error;
  }
  target.finish();
}

/** The entry with names of one character for each byte: those of extended headers are text in UTF-8. */
function entryOf({ header }: Source): LayerEntry {
  const pax = (header.pax ?? {}) as Readonly<Record<string, string>>;
  if (Object.keys(pax).some((key) => key.startsWith('GNU.sparse.')))
    throw new GlideinError('Unsupported', 'a layer has a sparse file, which is not supported');
  return {
    ...header,
    name: pax['path'] === undefined ? header.name : bytesOf(pax['path']),
    linkname: pax['linkpath'] === undefined ? (header.linkname ?? '') : bytesOf(pax['linkpath']),
    mode: header.mode ?? 0o644,
    mtime: pax['mtime'] === undefined ? (header.mtime ?? new Date(0)) : new Date(Number(pax['mtime']) * 1000),
  };
}

const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/**
 * The binary logarithm of the bytes of memory that zstd may ask for: 32 MiB, as much as the usual programs that build images want at their
 * highest level.
 */
const largestWindow = 25;

/** By the first bytes of the file: media types are often wrong. */
async function decompressor(path: string): Promise<Transform> {
  const start = Buffer.alloc(4);
  const file = await open(path);
  try {
    await file.read(start, 0, start.length, 0);
  } finally {
    await file.close();
  }
  if (start[0] === 0x1f && start[1] === 0x8b) return createGunzip({ chunkSize: piece });
  if (start.readUInt32LE() === 0xfd2fb528)
    return createZstdDecompress({
      chunkSize: piece,
      params: { [constants.ZSTD_d_windowLogMax]: largestWindow },
    });
  return new PassThrough();
}

/** Passes everything on, and hashes it. */
class DigestOf extends Transform {
  readonly #hash = createHash('sha256');
  readonly #most: number;
  #bytes = 0;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override _transform(
    chunk: Buffer,
    _encoding: string,
    done: (error?: Error | null, data?: Buffer) => void,
  ): void {
    this.#bytes += chunk.length;
    this.#hash.update(chunk);
    if (this.#bytes <= this.#most) done(null, chunk);
    else done(new GlideinError('TooLarge', `a layer of the image has more than ${this.#most} bytes`));
  }

  get value(): string {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}

/** What the kernel says of names that no file system has, and of links that none keeps. */
const namesOfNone: Readonly<Record<string, string>> = {
  'symlink ENAMETOOLONG': 'a layer has a symbolic link that no file system takes',
  'symlink ENOENT': 'a layer has a symbolic link that no file system takes',
  'link EMLINK': 'a layer has a file with more names than a file system takes',
};

/** What libraries say of a broken archive is about the archive; what the kernel says is about this machine, for the most part. */
function failureOf(error: unknown): unknown {
  if (error instanceof GlideinError) return error;
  const { syscall, code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ZSTD_error_frameParameter_windowTooLarge')
    return new GlideinError(
      'TooLarge',
      `a layer of the image needs more memory to be unpacked than ${2 ** (largestWindow - 20)} MiB`,
      { cure: 'compress it without --long or --ultra' },
    );
  const words = namesOfNone[`${syscall} ${code}`];
  if (words !== undefined) return new GlideinError('InvalidMessage', words, { cause: error });
  if (syscall !== undefined) return error;
  return new GlideinError('InvalidMessage', 'a layer of the image is no archive that can be unpacked', {
    cause: error,
  });
}
