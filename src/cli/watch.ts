import { systemClock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import type { Terminal } from './terminal.ts';

/** Shows something once, or again every two seconds on a cleared screen until the command is interrupted. */
export async function repeatWhileWatched(
  watched: boolean,
  terminal: Terminal,
  show: () => Promise<void>,
): Promise<void> {
  for (;;) {
    if (watched && terminal.isTerminal) terminal.out.write('\u001b[H\u001b[2J');
    await show();
    if (!watched) return;
    await sleep(systemClock, 2000, terminal.signal);
    if (terminal.signal.aborted) return;
  }
}
