import { Counter, type Registry } from 'prom-client';
import type { Clock } from '#base/clock.ts';
import type { CoreSeconds } from './core-seconds.ts';
import type { Labelled } from './labelled.ts';

interface CoreSecondsCounter {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  /** Asked at each scrape. */
  readonly sums: () => Labelled<CoreSeconds>;
}

/** A counter with the core-seconds of each name, as of each scrape. */
export function coreSecondsCounter(
  registry: Registry,
  clock: Clock,
  { name, help, label, sums }: CoreSecondsCounter,
): void {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [key, seconds] of sums().all()) this.inc({ [label]: key }, seconds.at(clock.monotonic()));
    },
  });
}
