import type { Clock, Timer } from '#base/clock.ts';
import type { QueueMetrics } from './controller-metrics.ts';

/** `low` is for names that are reconciled only because the program started. News goes first. */
export type Priority = 'normal' | 'low';

export interface AddOptions {
  /** Default: `normal`. */
  readonly priority?: Priority;
  /** Milliseconds until it may be taken. Default: 0. */
  readonly afterMs?: number;
}

/** One take in this many prefers a low priority, so that low priorities do not starve in a busy queue. */
const lowTurn = 8;

/**
 * Names that wait for work: each name once, in the order in which they were added.
 *
 * | the name is    | added now                         | added with a delay  | taken   | done    |
 * |----------------|-----------------------------------|---------------------|---------|---------|
 * | unknown        | waiting                           | delayed             |         |         |
 * | delayed        | waiting, the delay is over        | the earlier of both |         |         |
 * | waiting        | stays, the higher priority counts | stays               | in work |         |
 * | in work        | in work and wanted again          | in work and delayed |         | unknown |
 * | … wanted again | stays                             | stays               |         | waiting |
 * | … delayed      | in work and wanted again          | the earlier of both |         | delayed |
 *
 * So a name is never in work twice at the same time, and no addition is lost.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #metrics: QueueMetrics | undefined;
  readonly #waiting: Record<Priority, Map<string, number>> = { normal: new Map(), low: new Map() };
  readonly #delayed = new Map<string, { readonly timer: Timer; readonly due: number }>();
  readonly #working = new Set<string>();
  readonly #again = new Map<string, Priority>();
  readonly #takers: (() => void)[] = [];
  #turn = 0;

  constructor(options: { readonly clock: Clock; readonly metrics?: QueueMetrics | undefined }) {
    this.#clock = options.clock;
    this.#metrics = options.metrics;
  }

  /** Names that could be taken now. */
  get size(): number {
    return this.#waiting.normal.size + this.#waiting.low.size;
  }

  get inWork(): number {
    return this.#working.size;
  }

  get delayed(): number {
    return this.#delayed.size;
  }

  add(name: string, options: AddOptions = {}): void {
    const { priority = 'normal', afterMs = 0 } = options;
    if (afterMs > 0) this.#delay(name, priority, afterMs);
    else this.#addNow(name, priority);
  }

  /** Takes the next name, which is then in work until `done`. Undefined: `signal` aborted first. */
  async take(signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      const name = this.#next();
      if (name !== undefined) return name;
      await this.#untilAdded(signal);
    }
    return undefined;
  }

  /** The work on `name` has ended. */
  done(name: string): void {
    this.#working.delete(name);
    const again = this.#again.get(name);
    if (again === undefined) return;
    this.#again.delete(name);
    this.#wait(name, again);
  }

  #addNow(name: string, priority: Priority): void {
    this.#delayed.get(name)?.timer.cancel();
    this.#delayed.delete(name);
    if (this.#working.has(name)) {
      if (priority === 'normal' || !this.#again.has(name)) this.#again.set(name, priority);
      return;
    }
    this.#wait(name, priority);
  }

  #delay(name: string, priority: Priority, afterMs: number): void {
    const due = this.#clock.monotonic() + afterMs;
    const old = this.#delayed.get(name);
    const sooner = this.#isWaiting(name) || this.#again.has(name) || (old !== undefined && old.due <= due);
    if (sooner) return;
    old?.timer.cancel();
    const timer = this.#clock.after(afterMs, () => {
      this.#delayed.delete(name);
      this.add(name, { priority });
    });
    this.#delayed.set(name, { timer, due });
  }

  #isWaiting(name: string): boolean {
    return this.#waiting.normal.has(name) || this.#waiting.low.has(name);
  }

  #wait(name: string, priority: Priority): void {
    const { normal, low } = this.#waiting;
    if (normal.has(name) || (priority === 'low' && low.has(name))) return;
    const since = low.get(name) ?? this.#clock.monotonic();
    low.delete(name);
    this.#waiting[priority].set(name, since);
    this.#metrics?.depth(this.size);
    this.#takers.shift()?.();
  }

  #next(): string | undefined {
    const { normal, low } = this.#waiting;
    this.#turn = (this.#turn + 1) % lowTurn;
    const [first, second] = this.#turn === 0 ? [low, normal] : [normal, low];
    const from = first.size > 0 ? first : second;
    const [entry] = from;
    if (entry === undefined) return undefined;
    const [name, since] = entry;
    from.delete(name);
    this.#working.add(name);
    this.#metrics?.depth(this.size);
    this.#metrics?.waited(this.#clock.monotonic() - since);
    return name;
  }

  #untilAdded(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        const at = this.#takers.indexOf(wake);
        if (at >= 0) this.#takers.splice(at, 1);
        resolve();
      };
      this.#takers.push(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
