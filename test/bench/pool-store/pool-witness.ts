import { isMainThread } from 'node:worker_threads';

/**
 * Node loads this before the pool when a benchmark runs it: it measures from inside of the process what cannot be seen from
 * outside, and answers over Node's messages between processes.
 */

/** What a pool's process has used so far, and the longest time for which its event loop could not turn. */
export interface PoolCost {
  /** CPU of the whole process, in milliseconds. */
  readonly cpu: number;
  /** CPU of the thread that does everything but the database, in milliseconds. */
  readonly mainCpu: number;
  readonly rss: number;
  /** Bytes of the heap; after a garbage collection if one was asked for. */
  readonly heap: number;
  /** Milliseconds of the longest turn since the last reset, by the clock, and by the CPU that the thread got meanwhile. */
  readonly longestTurn: number;
  readonly longestTurnCpu: number;
}

export type WitnessRequest = 'cost' | 'collected' | 'watch';

/** Milliseconds between two looks at the event loop. */
const lookEvery = 1;

class TurnWatch {
  longest = 0;
  longestCpu = 0;
  #last = performance.now();
  #lastCpu = threadCpu();
  #isOn = false;

  /** Forgets what was, and watches from now on. */
  restart(): void {
    this.longest = 0;
    this.longestCpu = 0;
    this.#last = performance.now();
    this.#lastCpu = threadCpu();
    if (this.#isOn) return;
    this.#isOn = true;
    setInterval(() => this.#look(), lookEvery).unref();
  }

  #look(): void {
    const now = performance.now();
    const cpu = threadCpu();
    this.longest = Math.max(this.longest, now - this.#last - lookEvery);
    this.longestCpu = Math.max(this.longestCpu, cpu - this.#lastCpu);
    this.#last = now;
    this.#lastCpu = cpu;
  }
}

const sum = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;

const threadCpu = (): number => sum(process.threadCpuUsage());

if (isMainThread && process.send !== undefined) {
  const turns = new TurnWatch();
  process.on('message', (request: WitnessRequest) => {
    if (request === 'watch') turns.restart();
    const { longest: longestTurn, longestCpu: longestTurnCpu } = turns;
    if (request === 'collected') globalThis.gc?.();
    const { rss, heapUsed: heap } = process.memoryUsage();
    const cost: PoolCost = {
      cpu: sum(process.cpuUsage()),
      mainCpu: threadCpu(),
      rss,
      heap,
      longestTurn,
      longestTurnCpu,
    };
    process.send?.(cost);
  });
  // A benchmark that is interrupted leaves no pool behind.
  process.on('disconnect', () => process.exit(1));
}
