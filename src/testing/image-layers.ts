import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';

/** An entry of a layer: its content if it is a text, or what the archive says of it. */
export type TestEntry = string | (Partial<Header> & { readonly content?: string | Buffer });

/** Entries by their names. A name that ends with a slash is a directory's. */
export type TestLayer = Readonly<Record<string, TestEntry>>;

/** The archive of a layer, without compression. */
export async function layerOf(
  entries: TestLayer | readonly (readonly [string, TestEntry])[],
): Promise<Buffer> {
  const archive = pack();
  const all = Array.isArray(entries)
    ? (entries as [string, TestEntry][])
    : Object.entries(entries as TestLayer);
  for (const [name, entry] of all) {
    const { content = '', ...header } = typeof entry === 'string' ? { content: entry } : entry;
    const type = name.endsWith('/') ? 'directory' : 'file';
    archive.entry({ type, mtime: new Date(1_700_000_000_000), ...header, name }, content);
  }
  archive.finalize();
  return await buffer(archive as unknown as NodeJS.ReadableStream);
}

export const sha256 = (content: Buffer): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;

export const compressions = {
  gzip: gzipSync,
  zstd: zstdCompressSync,
  /** With a window of 128 MiB, which whoever reads it must have in memory. */
  zstdLong: (content: Buffer) =>
    zstdCompressSync(content, {
      params: { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_enableLongDistanceMatching]: 1 },
    }),
  none: (content: Buffer) => content,
} as const;
