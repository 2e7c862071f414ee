import { stat } from 'node:fs/promises';
import type { Clock, Timer } from '#base/clock.ts';

/** Milliseconds between checks. Mounted ConfigMaps and Secrets lag by up to a minute anyway. */
const interval = 5000;

interface FollowOptions {
  readonly files: readonly string[];
  readonly clock: Clock;
  /** Reads the files and applies them. */
  readonly load: () => Promise<void>;
  /** Called when a later `load` fails: what was applied before stays in force. */
  readonly failed: (error: unknown) => void;
}

export interface Followed {
  /** Stops watching the files. */
  close(): void;
}

/**
 * Loads files now, and again whenever they change.
 *
 * **Gotchas.** It polls on purpose. Kubernetes updates a mounted volume by changing the target of a symbolic link further up,
 * and a watcher on the file itself does not notice that.
 * @throws whatever the first `load` throws
 */
export async function followFiles({ files, clock, load, failed }: FollowOptions): Promise<Followed> {
  // Taken before reading: a change in between is then loaded twice rather than never.
  let seen = await signature(files);
  await load();
  let timer: Timer | undefined;
  let closed = false;
  const look = async () => {
    const now = await signature(files);
    if (now !== seen && !closed) {
      seen = now;
      await load();
    }
  };
  const again = () => {
    if (closed) return;
    timer = clock.after(interval, () => void look().catch(failed).then(again));
  };
  again();
  return {
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}

async function signature(files: readonly string[]): Promise<string> {
  const each = files.map((file) =>
    stat(file, { bigint: true }).then(
      ({ dev, ino, size, mtimeNs }) => `${dev}:${ino}:${size}:${mtimeNs}`,
      () => 'away',
    ),
  );
  return (await Promise.all(each)).join(' ');
}
