import { systemClock } from '#base/clock.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { SessionLink } from '#client/session-link.ts';
import { note, type Terminal } from '../terminal.ts';
import { LeaveKeys } from './leave-keys.ts';
import { screenOf } from './screen.ts';

interface Wanted {
  readonly job: string;
  /** Undefined: an interactive shell. */
  readonly command: string | undefined;
}

/**
 * Runs something in a running job, with the terminal of the user if there is one.
 * @returns its exit code
 * @throws GlideinError when there is none
 */
export async function runSession(
  { address }: Pick<PoolClient, 'address'>,
  { job, command }: Wanted,
  terminal: Terminal,
): Promise<number> {
  const { input, out, err, signal } = terminal;
  const screen = screenOf(terminal);
  const keys = new LeaveKeys();
  const link = await SessionLink.open({
    address,
    job,
    open: {
      ...(command === undefined ? {} : { command }),
      ...(screen === undefined ? {} : { terminal: { name: screen.name, ...screen.size } }),
    },
    clock: systemClock,
    output: (stream, data, taken) => {
      (stream === 'stderr' ? err : out).write(data, () => taken());
    },
    opened: () => {
      if (screen !== undefined && command === undefined)
        note(
          terminal,
          `You are in the container of job ${job}; ~. on a line of its own ends a session that hangs.`,
        );
      screen?.raw(true);
      input.on('data', type);
      input.on('end', end);
    },
    drained: () => input.resume(),
  });
  function type(chunk: Buffer | string): void {
    const { send, leaves } =
      screen === undefined ? { send: Buffer.from(chunk), leaves: false } : keys.type(Buffer.from(chunk));
    if (leaves) link.close();
    else if (!link.write(send)) input.pause();
  }
  const end = () => link.noMoreInput();
  const close = () => link.close();
  signal.addEventListener('abort', close, { once: true });
  screen?.onResize(() => link.resize(screen.size.rows, screen.size.columns));
  try {
    return await link.ended;
  } finally {
    signal.removeEventListener('abort', close);
    input.removeListener('data', type);
    input.removeListener('end', end);
    input.pause();
    screen?.raw(false);
    link.close();
  }
}
