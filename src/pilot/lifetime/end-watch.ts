import { readFile } from 'node:fs/promises';
import type { Clock, Timer } from '#base/clock.ts';
import { truncate } from '#base/truncate.ts';
import { lifeOf } from '#client/token-life.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { EndBound, EndSource } from './end-bound.ts';

/** Milliseconds between two looks: a notice may come two minutes before its node goes. */
const interval = 5_000;

/** Shares of a token's life: the kubelet replaces it at 0.8. Without a new one, the pilot drains, and ends while the old one is valid. */
const token = { drain: 0.9, end: 0.95 };

/** Milliseconds for which no job is accepted before a machine is shut down, whatever is kept for the last job. */
const leastNotice = 300_000;

export interface EndWatchOptions {
  readonly tokenFile: string;
  /** Where somebody may write when the pilot must be gone. */
  readonly noticeFile: string | undefined;
  /** MACHINEFEATURES and JOBFEATURES name directories of the batch system, or URLs. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds that the payloads' end takes: their grace, and the time for reports. */
  readonly leaving: number;
  /** Milliseconds that are kept for the last job. */
  readonly kept: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when a source says something new. */
  readonly changed: (source: EndSource, bound: EndBound | undefined) => void;
}

/**
 * Looks for ends that a pilot's order does not know. A file that cannot be read says nothing; a token or an URL that cannot be
 * read says what it has said before.
 */
export class EndWatch {
  readonly #options: EndWatchOptions;
  readonly #known = new Map<EndSource, number | undefined>();
  /** The last text of each file. */
  readonly #texts = new Map<string, string>();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: EndWatchOptions) {
    this.#options = options;
  }

  /** Looks now, and then again and again until `stop`. */
  async start(): Promise<void> {
    await Promise.all([
      this.#take('token', () => this.#tokenEnd()),
      this.#take('machine', () => this.#machineEnd()),
      this.#take('notice', () => this.#noticeEnd()),
    ]);
    if (!this.#stopped) this.#timer = this.#options.clock.after(interval, () => void this.start());
  }

  /** Whoever reads the token for another purpose has seen this one: what is said of its end need not wait for the next look. */
  sawToken(text: string): void {
    this.#found('token', tokenEnd(text, this.#options.leaving));
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #take(source: EndSource, read: () => Promise<Found | 'unreadable' | undefined>): Promise<void> {
    this.#found(source, await read());
  }

  #found(source: EndSource, found: Found | 'unreadable' | undefined): void {
    if (found === 'unreadable' || this.#stopped || this.#known.get(source) === found?.until) return;
    this.#known.set(source, found?.until);
    this.#options.changed(source, found && this.#boundOf(found));
  }

  /** From epoch milliseconds to those of the monotonic clock. */
  #boundOf({ drainAt, endAt, reason }: Found): EndBound {
    const { clock } = this.#options;
    const shift = clock.monotonic() - clock.wall();
    return { drain: { at: drainAt + shift, reason }, end: { at: endAt + shift, reason } };
  }

  async #tokenEnd(): Promise<Found | 'unreadable' | undefined> {
    const text = await readFile(this.#options.tokenFile, 'utf8').catch(() => undefined);
    if (text === undefined) return 'unreadable';
    return tokenEnd(text, this.#options.leaving);
  }

  /** HEPiX machine/job features: seconds since the epoch, in files or behind URLs that may appear later, and may change. */
  async #machineEnd(): Promise<Found | 'unreadable' | undefined> {
    return await this.#machineTimes().catch(() => 'unreadable' as const);
  }

  async #machineTimes(): Promise<Found | undefined> {
    const { MACHINEFEATURES, JOBFEATURES } = this.#options.environment;
    const [machine, job] = await Promise.all([
      MACHINEFEATURES === undefined ? undefined : this.#timeIn(`${MACHINEFEATURES}/shutdowntime`),
      JOBFEATURES === undefined ? undefined : this.#timeIn(`${JOBFEATURES}/shutdowntime_job`),
    ]);
    const until = Math.min(machine ?? Number.POSITIVE_INFINITY, job ?? Number.POSITIVE_INFINITY);
    if (until === Number.POSITIVE_INFINITY) return undefined;
    const { leaving, kept } = this.#options;
    const endAt = until - leaving;
    const what = until === machine ? 'its machine is shut down' : 'its batch job ends';
    return {
      until,
      endAt,
      drainAt: endAt - Math.max(kept, leastNotice),
      reason: `${what} at ${instant(until)}`,
    };
  }

  /** A notice is about something unforeseen: no further job is accepted. */
  async #noticeEnd(): Promise<Found | undefined> {
    const { noticeFile, leaving } = this.#options;
    const until = noticeFile === undefined ? undefined : await this.#timeIn(noticeFile);
    if (until === undefined) return undefined;
    const reason = `notice was given that its node goes away at ${instant(until)}`;
    return { until, drainAt: 0, endAt: until - leaving, reason };
  }

  /** The time in a file, or behind a URL. What is no time is reported once. */
  async #timeIn(file: string): Promise<number | undefined> {
    const text = (await textIn(file)).trim();
    const at = text === '' ? undefined : timeOf(text);
    if (text !== '' && at === undefined && this.#texts.get(file) !== text)
      this.#options.logger.warn(
        { file, text: truncate(text, 100) },
        'a file that should say a time does not',
      );
    this.#texts.set(file, text);
    return at;
  }
}

/** Epoch milliseconds. `until` is what the source says. */
interface Found {
  readonly until: number;
  readonly drainAt: number;
  readonly endAt: number;
  readonly reason: string;
}

/** @param leaving milliseconds that the payloads' end takes */
function tokenEnd(text: string, leaving: number): Found | undefined {
  const life = lifeOf(text.trim());
  if (life === undefined) return undefined;
  const { from, until } = life;
  const length = until - from;
  return {
    until,
    drainAt: from + length * token.drain,
    // A long token needs no twentieth of its life for the payloads' end.
    endAt: Math.max(from + length * token.end, until - leaving),
    reason: `its token expires at ${instant(until)} and was not renewed`,
  };
}

const instant = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

/** Milliseconds in which a URL must answer. */
const patience = 3000;

/** @throws when an URL cannot be reached: what it has said before still holds */
async function textIn(place: string): Promise<string> {
  if (!/^https?:/.test(place)) return await readFile(place, 'utf8').catch(() => '');
  const answer = await fetch(place, { signal: AbortSignal.timeout(patience) });
  return answer.ok ? await answer.text() : '';
}

/** RFC 3339: `Date.parse` alone takes `-5` for a year. */
const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/** The latest date that JavaScript can print, in epoch milliseconds. */
const latest = 8.64e15;

/** @returns epoch milliseconds; undefined: the text is neither seconds since the epoch nor a date */
function timeOf(text: string): number | undefined {
  const at = /^\d+$/.test(text) ? Number(text) * 1000 : date.test(text) ? Date.parse(text) : Number.NaN;
  return at <= latest ? at : undefined;
}
