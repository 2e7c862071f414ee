import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import { milliseconds } from '#spec/fields.ts';
import type { Probe } from '#spec/services/probe.ts';
import { type Asked, check } from './check.ts';
import { counted, type ProbeCount } from './probe-count.ts';

export interface ProbeLoop {
  readonly asked: Asked;
  readonly clock: Clock;
  /** Ends the loop. */
  readonly signal: AbortSignal;
}

/** Milliseconds between looks at a container that is coming up. */
const upInterval = 20;

/** Milliseconds for which it must have been up: a program that cannot run at all ends sooner. */
const settled = 1000;

/**
 * Checks a service until the signal aborts, the first time at once.
 * @param holds what counts as true at the beginning
 * @param changed called when enough checks say otherwise, with the reason of the last one that failed
 */
export async function probe(
  options: Probe,
  { asked, clock, signal }: ProbeLoop,
  holds: boolean,
  changed: (holds: boolean, reason: string) => void,
): Promise<void> {
  const { failureThreshold, successThreshold = 1, period } = options;
  let count: ProbeCount = { holds, against: 0 };
  while (!signal.aborted) {
    const problem = await check(options, asked, signal);
    if (signal.aborted) return;
    const next = counted(count, problem === undefined, { failureThreshold, successThreshold });
    if (next.holds !== count.holds) changed(next.holds, problem ?? '');
    count = next;
    await sleep(clock, untilNext(count, milliseconds(period)), signal);
  }
}

/** Milliseconds. While nothing holds yet, a service that comes up is noticed soon, whatever its period. */
const untilNext = ({ holds }: ProbeCount, period: number): number => (holds ? period : Math.min(period, 500));

/** Calls `up` once the container has run for a while, unless the signal aborts before. */
export async function awaitUp(
  isUp: () => boolean,
  { clock, signal }: Pick<ProbeLoop, 'clock' | 'signal'>,
  up: () => void,
): Promise<void> {
  let since = Number.POSITIVE_INFINITY;
  while (!signal.aborted) {
    since = isUp() ? Math.min(since, clock.monotonic()) : Number.POSITIVE_INFINITY;
    if (clock.monotonic() - since >= settled) {
      up();
      return;
    }
    await sleep(clock, upInterval, signal);
  }
}
