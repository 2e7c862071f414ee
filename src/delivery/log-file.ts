import { type FileHandle, open } from 'node:fs/promises';
import { GlideinError } from '#base/error.ts';
import { type LogEvent, localTime } from './log-event.ts';

/** How events of HTCondor's log begin, and the most characters of that. */
const headPattern = /^\d{3} \(\d+\.\d+\.\d+\) (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)/;
const mostOfHead = 80;

/** What ends an event, including the end of the line before it. */
const ending = '\n...\n';

/** How much of a log is read at a time. */
const chunkBytes = 2 ** 20;

/** Milliseconds by which an event may be older than the one before it, because clocks are set back. */
const outOfOrder = 3_600_000;

/**
 * One event log, brought up to date repeatedly: only events that it lacks are appended, so doing it again, or in several
 * programs at once, changes nothing. An incomplete last event, as a crash leaves it, is removed. As long as the log only
 * grows, what was read of it is not read again.
 */
export class LogFile {
  readonly #path: string;
  #inode = 0n;
  /** The offset in bytes after the last complete event that was read. */
  #offset = 0;
  /** Heads in the log that were not asked for yet: another program wrote them first. */
  #unclaimed = new Map<string, number>();

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The caller must hold the log's lock.
   * @param events in order, none of them passed before; equal heads are told apart by their number
   * @returns the texts that were appended
   * @throws GlideinError Conflict for a file that is not an event log; the kernel's error when it cannot be written
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

  /** Appends all of it or, when there is no room, nothing: half an event would mislead a program that follows the log. */
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

  /** Reads what was added since. @returns the size of the log */
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

  /** Notes the heads of complete events. @returns what follows the last of them */
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

/** Heads since then: older events are never asked for again. */
function recent(heads: ReadonlyMap<string, number>, since: number): Map<string, number> {
  const oldest = localTime(since);
  return new Map([...heads].filter(([head]) => (headPattern.exec(head)?.[1] ?? '') >= oldest));
}

/** Whether a file begins like a log, or like one of which only the first bytes were written. */
function isLog(start: Buffer): boolean {
  const text = start.toString('utf8', 0, mostOfHead);
  return headPattern.test(text) || /^\d{0,3}( \(?[\d.]*\)?( [-\d]*( [:\d]*)?)?)?$/.test(text);
}

const noLog = (path: string): GlideinError =>
  new GlideinError('Conflict', `${path} is not an event log, so nothing is added to it`, {
    cure: 'move it away, or name another file with log',
  });
