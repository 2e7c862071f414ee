import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';

/** Characters of a line that are looked at. */
const longestLine = 4096;

/**
 * What a service prints, in two files that together keep to a limit: when the first is half of it, it becomes the second.
 * A service that prints faster than the disk takes has to wait.
 */
export class ServiceLog {
  readonly #path: string;
  readonly #half: number;
  readonly #onLine: (line: string) => void;
  #file: FileHandle | undefined;
  #size = 0;
  #writing: Promise<void> = Promise.resolve();
  #lastLine = '';

  /** @param limit bytes of both files together */
  constructor(path: string, limit: number, onLine: (line: string) => void) {
    this.#path = path;
    this.#half = Math.floor(limit / 2);
    this.#onLine = onLine;
  }

  /** The last line that was not empty. */
  get lastLine(): string {
    return this.#lastLine;
  }

  /** Opens the file; what is in it stays. @throws the error of the file system */
  async open(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    this.#file = await open(this.#path, 'a', 0o600);
    this.#size = (await this.#file.stat()).size;
  }

  /** Writes down what comes from a stream until it ends. @throws the error of the file system */
  async follow(stream: Readable): Promise<void> {
    let line = '';
    for await (const chunk of stream) {
      const bytes = chunk as Buffer;
      const lines = (line + bytes.toString('utf8')).split('\n');
      line = (lines.pop() ?? '').slice(0, longestLine);
      for (const each of lines) this.#see(each);
      this.#writing = this.#writing.then(() => this.#write(bytes));
      await this.#writing;
    }
    this.#see(line);
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#file?.close();
    this.#file = undefined;
  }

  #see(line: string): void {
    if (line.trim() === '') return;
    this.#lastLine = line.slice(0, longestLine);
    this.#onLine(this.#lastLine);
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#size > 0 && this.#size + bytes.length > this.#half) await this.#turn();
    // One chunk is at most 64 KiB, and so is never larger than half of the smallest limit.
    await this.#file?.write(bytes);
    this.#size += bytes.length;
  }

  async #turn(): Promise<void> {
    await this.#file?.close();
    await rename(this.#path, `${this.#path}.1`);
    this.#file = await open(this.#path, 'a', 0o600);
    this.#size = 0;
  }
}
