import type { JobFile } from '#wire/file.ts';
import { ByteBuffer } from './byte-buffer.ts';
import type { NeededFile } from './checked-submit.ts';

const encoder = new TextEncoder();

/** Collects the files that procs need: a million of them may share one. */
export class NeededFiles {
  readonly #sizes = new Map<string, number>();
  readonly #lines = new ByteBuffer();

  add(inputs: readonly JobFile[]): void {
    for (const { digest, name, size, emptyFolder } of inputs) {
      if (emptyFolder === true || this.#sizes.get(digest) === size) continue;
      this.#sizes.set(digest, size);
      this.#lines.push(encoder.encode(`${JSON.stringify({ digest, name, size } satisfies NeededFile)}\n`));
    }
  }

  /** A line of JSON for each file, and another one where another size is claimed for it: at most one of them is right. */
  lines(): Uint8Array<ArrayBuffer> {
    return this.#lines.view().slice();
  }
}

/** The files of {@link NeededFiles.lines}, one by one. */
export function* filesIn(lines: Uint8Array): Generator<NeededFile> {
  for (let from = 0; from < lines.length; ) {
    const end = lines.indexOf(0x0a, from);
    yield JSON.parse(Buffer.from(lines.buffer, lines.byteOffset + from, end - from).toString()) as NeededFile;
    from = end + 1;
  }
}
