import { stat } from 'node:fs/promises';
import type { Clock, Timer } from '#base/clock.ts';

/** Milliseconds between looks: mounted ConfigMaps and Secrets themselves lag behind by up to a minute. */
const interval = 5000;

interface FollowOptions {
  readonly files: readonly string[];
  readonly clock: Clock;
  /** Reads the files and puts what they say into force. */
  readonly load: () => Promise<void>;
  /** A later `load` has failed: what was in force before stays. */
  readonly failed: (error: unknown) => void;
}

export interface Followed {
  /** Ends the following. */
  close(): void;
}

/**
 * Loads files now, and again whenever they change. It looks instead of listening: a mounted volume changes by a new
 * target of a symbolic link further up, of which a watcher on the file hears nothing.
 * @throws whatever the first `load` throws
 */
export async function followFiles({ files, clock, load, failed }: FollowOptions): Promise<Followed> {
  // Looked at before reading: a change in between is loaded twice rather than never.
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
