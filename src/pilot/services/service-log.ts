import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { describeError } from '#base/error.ts';

/** Characters of a line that are looked at. */
const longestLine = 4096;

/**
 * What a service prints, in two files that together keep to a limit: when the first is half of it, it becomes the second.
 * A service that prints faster than the disk takes has to wait. What the disk does not take, because others have filled it, is lost;
 * the service runs on, and its lines are seen all the same.
 */
export class ServiceLog {
  readonly #path: string;
  readonly #half: number;
  readonly #onLine: (line: string) => void;
  #file: FileHandle | undefined;
  #size = 0;
  #writing: Promise<void> = Promise.resolve();
  #lastLine = '';
  #problem: string | undefined;

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

  /** Why something that was printed since `open` is in no file. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Opens the file; what is in it stays. @throws the error of the file system */
  async open(): Promise<void> {
    this.#problem = undefined;
    await mkdir(dirname(this.#path), { recursive: true });
    await this.#openFile();
  }

  /** Writes down what comes from a stream until it ends. @throws the error of the stream */
  async follow(stream: Readable): Promise<void> {
    const decoder = new StringDecoder('utf8');
    let line = '';
    for await (const chunk of stream) {
      const bytes = chunk as Buffer;
      const lines = (line + decoder.write(bytes)).split('\n');
      line = (lines.pop() ?? '').slice(0, longestLine);
      for (const each of lines) this.#see(each);
      this.#writing = this.#writing.then(() => this.#tryToWrite(bytes));
      await this.#writing;
    }
    this.#see(line);
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#closeFile();
  }

  #see(line: string): void {
    if (line.trim() === '') return;
    this.#lastLine = line.slice(0, longestLine);
    this.#onLine(this.#lastLine);
  }

  /** An error must not reach whoever reads the stream: it would be closed, and the service would die at its next line. */
  async #tryToWrite(bytes: Buffer): Promise<void> {
    try {
      await this.#write(bytes);
    } catch (error) {
      this.#problem = describeError(error);
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#size > 0 && this.#size + bytes.length > this.#half) await this.#turn();
    // One chunk is at most 64 KiB, and so is never larger than half of the smallest limit.
    const file = this.#file ?? (await this.#openFile());
    await file.writeFile(bytes);
    this.#size += bytes.length;
  }

  async #turn(): Promise<void> {
    await this.#closeFile();
    await rename(this.#path, `${this.#path}.1`);
  }

  async #openFile(): Promise<FileHandle> {
    const file = await open(this.#path, 'a', 0o600);
    this.#file = file;
    this.#size = (await file.stat()).size;
    return file;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}
