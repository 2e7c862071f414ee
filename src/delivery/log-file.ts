import { type FileHandle, open } from 'node:fs/promises';
import { GlideinError } from '#base/error.ts';
import type { LogEvent } from './log-event.ts';
import { localTime } from './log-time.ts';

/** How events of HTCondor's log begin, and how long that is at most. */
const headPattern = /^\d{3} \(\d+\.\d+\.\d+\) (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)/;
const mostOfHead = 80;

/** What ends an event, with the line before it. */
const ending = '\n...\n';

/** How much of a log is read at a time. */
const chunkBytes = 2 ** 20;

/** Milliseconds by which events may be older than those before them: clocks are set back. */
const outOfOrder = 3_600_000;

/**
 * One event log, brought up to date again and again: what is missing is appended, and nothing else, so that whoever does it
 * again, or beside others, changes nothing. An event that was cut off, as a dying machine leaves it, goes. What was read of the
 * log is not read again for as long as it grows.
 */
export class LogFile {
  readonly #path: string;
  #inode = 0n;
  /** Bytes through the last event that was looked at. */
  #offset = 0;
  /** Heads that the log has and nobody asked for yet: somebody else was faster. */
  #unclaimed = new Map<string, number>();

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * To be called by whoever holds the log's lock.
   * @param events in their order, none of which was asked for before; equal heads are told apart by their count
   * @returns the texts that were appended
   * @throws GlideinError Conflict for a file that is no event log; the kernel's error when it cannot be written
   */
  async bringUpToDate(events: readonly LogEvent[]): Promise<string[]> {
    const file = await open(this.#path, 'a+', 0o644);
    try {
      const size = await this.#follow(file);
      const heads = new Map(this.#unclaimed);
      const missing = events.filter(({ head }) => !claimed(heads, head)).map(({ text }) => text);
      if (missing.length > 0) await this.#append(file, missing.join(''), size);
      this.#unclaimed = recent(heads, Math.max(...events.map(({ at }) => at)) - outOfOrder);
      return missing;
    } finally {
      await file.close();
    }
  }

  /** All of it or, when there is no room, nothing: half an event would mislead whoever reads along. */
  async #append(file: FileHandle, text: string, size: number): Promise<void> {
    try {
      if (this.#offset < size) await file.truncate(this.#offset);
      await file.appendFile(text);
      await file.sync();
      this.#offset += Buffer.byteLength(text);
    } catch (error) {
      await file.truncate(this.#offset).catch(() => undefined);
      throw error;
    }
  }

  /** Reads what has come since. @returns the size of the log */
  async #follow(file: FileHandle): Promise<number> {
    const found = await file.stat({ bigint: true });
    if (!found.isFile()) throw noLog(this.#path);
    if (found.ino !== this.#inode || found.size < this.#offset) {
      this.#inode = found.ino;
      this.#offset = 0;
      this.#unclaimed = new Map();
    }
    let rest: Buffer = Buffer.alloc(0);
    let size = this.#offset;
    for (;;) {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(chunkBytes), position: size });
      if (bytesRead === 0) return size;
      size += bytesRead;
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      if (this.#offset === 0 && !isLog(rest)) throw noLog(this.#path);
      rest = this.#events(rest);
    }
  }

  /** @returns what is left after the last whole event */
  #events(bytes: Buffer): Buffer {
    const end = bytes.lastIndexOf(ending);
    if (end < 0) return bytes;
    const through = end + ending.length;
    for (const text of bytes.toString('utf8', 0, through).split(ending)) {
      const head = headPattern.exec(text.slice(0, mostOfHead))?.[0];
      if (head !== undefined) this.#unclaimed.set(head, (this.#unclaimed.get(head) ?? 0) + 1);
    }
    this.#offset += through;
    return bytes.subarray(through);
  }
}

function claimed(heads: Map<string, number>, head: string): boolean {
  const there = heads.get(head) ?? 0;
  if (there > 1) heads.set(head, there - 1);
  else heads.delete(head);
  return there > 0;
}

/** What is older is never asked for again. */
function recent(heads: ReadonlyMap<string, number>, since: number): Map<string, number> {
  const oldest = localTime(since);
  return new Map([...heads].filter(([head]) => (headPattern.exec(head)?.[1] ?? '') >= oldest));
}

/** Whether a file begins as a log does, or as one of which no more than the first bytes were written. */
function isLog(start: Buffer): boolean {
  const text = start.toString('utf8', 0, mostOfHead);
  return headPattern.test(text) || /^\d{0,3}( \(?[\d.]*\)?( [-\d]*( [:\d]*)?)?)?$/.test(text);
}

const noLog = (path: string): GlideinError =>
  new GlideinError('Conflict', `${path} is no event log, so nothing is added to it`, {
    cure: 'move it away, or name another file with log',
  });
