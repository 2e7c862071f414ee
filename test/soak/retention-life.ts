import { readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { mintToken } from '#pool/auth/tokens.ts';
import { PoolCommand } from '#testing/pool-command.ts';
import { SmallVolume } from '#testing/small-volume.ts';
import type { Role } from '#wire/role.ts';
import { Lives } from '../bench/pool-store/live-through.ts';

interface RetentionOptions {
  /** Whole lives, by the thousand. */
  readonly jobs: number;
  readonly megabytes: number;
  readonly pilots: number;
  /** Further arguments of the pool. */
  readonly arguments?: readonly string[];
  readonly log: (line: string) => void;
}

/** What was seen of the volume while jobs lived on it. Sizes are bytes. */
interface Seen {
  leastFree: number;
  largestDatabase: number;
  largestLog: number;
  readonly states: Set<string>;
}

export interface RetentionReport extends Omit<Seen, 'states'> {
  readonly jobs: number;
  readonly seconds: number;
  /** Of the volume; a pool that it never filled was `Serving` all the time. */
  readonly states: readonly string[];
}

/** Jobs after which a line is logged. */
const leg = 100_000;

/** Jobs without end on a small volume: the pool removes what it no longer needs while it works. Needs root, to mount the volume. */
export async function liveOnSmallVolume(options: RetentionOptions): Promise<RetentionReport> {
  const volume = await SmallVolume.mount(options.megabytes);
  try {
    const pool = await PoolCommand.start({
      directory: volume.path,
      arguments: ['--log-level', 'warn', ...(options.arguments ?? [])],
    });
    try {
      return await live(options, pool, volume.path);
    } finally {
      await pool.end('SIGTERM');
    }
  } finally {
    await volume.unmount();
  }
}

async function live(
  { jobs, pilots, log }: RetentionOptions,
  pool: PoolCommand,
  directory: string,
): Promise<RetentionReport> {
  const key = await readFile(join(directory, 'pool.key'));
  const { url } = pool;
  const began = performance.now();
  const token = (role: Role, subject: string = role) => mintToken(key, { subject, role }, 86_400);
  const lives = await Lives.begin({ url, token }, pilots);
  const seen: Seen = {
    leastFree: Number.POSITIVE_INFINITY,
    largestDatabase: 0,
    largestLog: 0,
    states: new Set(),
  };
  const watch = setInterval(() => void look(seen, url, directory).catch(() => undefined), 200);
  try {
    for (let done = 0; done < jobs; done += leg) {
      await lives.through(Math.min(leg, jobs - done));
      await look(seen, url, directory);
      log(`${done + leg} jobs in ${Math.round((performance.now() - began) / 1000)} s: ${inWords(seen)}`);
    }
  } finally {
    clearInterval(watch);
    lives.end();
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  return { ...seen, jobs, seconds, states: [...seen.states] };
}

async function look(seen: Seen, url: string, directory: string): Promise<void> {
  const size = (name: string) =>
    stat(join(directory, name)).then(
      (found) => found.size,
      () => 0,
    );
  const { bavail, bsize } = await statfs(directory);
  seen.leastFree = Math.min(seen.leastFree, bavail * bsize);
  seen.largestDatabase = Math.max(seen.largestDatabase, await size('pool.db'));
  seen.largestLog = Math.max(seen.largestLog, await size('pool.db-wal'));
  const { state } = (await (await fetch(`${url}/readyz`)).json()) as { state: string };
  seen.states.add(state);
}

const inWords = ({ leastFree, largestDatabase, largestLog, states }: Seen): string =>
  `at least ${mebibytes(leastFree)} MiB free, database up to ${mebibytes(largestDatabase)} MiB, log up to ${mebibytes(largestLog)} MiB, ${[...states].join(' ')}`;

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
