import { systemClock } from '#base/clock.ts';
import { describeError, isCode } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import { note, type Terminal } from './terminal.ts';

/**
 * Shows something once or, while watched, again every two seconds on a cleared screen until the command is interrupted.
 * It waits for a pool that goes away meanwhile.
 */
export async function repeatWhileWatched(
  watched: boolean,
  terminal: Terminal,
  show: () => Promise<void>,
): Promise<void> {
  for (let shown = false; ; ) {
    if (watched && terminal.isTerminal) terminal.out.write('\u001b[H\u001b[2J');
    try {
      await show();
      shown = true;
    } catch (error) {
      if (!watched || !shown || !isCode(error, 'Unavailable')) throw error;
      note(terminal, describeError(error));
    }
    if (!watched) return;
    await sleep(systemClock, 2000, terminal.signal);
    if (terminal.signal.aborted) return;
  }
}

/** How many times something is shown in a minute of watching. */
const aMinute = 30;

/** What costs the pool several looks at all jobs: looked up at first, and again after a minute of showing. */
export function occasionally<T>(look: () => Promise<T>): () => Promise<T> {
  let last: Promise<T> | undefined;
  let shown = 0;
  return () => {
    if (last === undefined || shown % aMinute === 0) last = look();
    shown += 1;
    return last;
  };
}
