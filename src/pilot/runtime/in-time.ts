import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';

/** Milliseconds in which a file system of the node answers. CVMFS with an empty cache takes some of them. */
const limit = 120_000;

/**
 * The result of `work` on the node's file systems. One that hangs would keep its caller waiting for ever, since nothing can
 * end the system call.
 * @throws GlideinError RuntimeFailed when it takes longer than two minutes; what `work` throws
 */
export async function inTime<T>(what: string, clock: Clock, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = clock.after(limit, () =>
    late.reject(new GlideinError('RuntimeFailed', `${what} did not answer for ${limit / 1000} seconds`)),
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    timer.cancel();
  }
}
