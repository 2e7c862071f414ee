import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import type { GlideinError } from '#base/error.ts';
import type { Logger } from '#telemetry/logger.ts';
import { loadOrCreateKey } from './auth/tokens.ts';
import { backupsOf } from './queue/backups.ts';
import type { PoolSettings } from './settings.ts';
import { Blobs } from './spool/blobs.ts';
import { Volume } from './spool/volume.ts';
import { PromisedLease } from './store/promised-lease.ts';
import { Reserve } from './store/reserve.ts';
import type { StoreHead } from './store/snapshot-rows.ts';
import { reserveOf, Store } from './store/store.ts';

/** Free bytes without which SQLite cannot open an existing database. */
const leastToOpen = 2 ** 20;

interface StorageOptions {
  readonly settings: Pick<PoolSettings, 'directory' | 'synchronous' | 'keepFreeBytes' | 'leaseSeconds'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The store has failed: end the process. The next one reads what is on the disk. */
  readonly onBroken: (error: GlideinError) => void;
  /** The volume's state has changed to one in which records find room. */
  readonly onRoom: () => void;
  readonly onCommit: (milliseconds: number, records: number) => void;
  /** Further acts can be read in the audit. */
  readonly onAudit: () => void;
}

/** What a pool has on its disk. */
export interface Storage {
  readonly volume: Volume;
  readonly store: Store;
  readonly blobs: Blobs;
  /** The key with which the pool signs its own tokens. */
  readonly key: Uint8Array;
  readonly head: StoreHead;
  readonly promisedLease: PromisedLease;
}

/** Opens the directory of a pool, or creates what is missing in it. */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { settings, logger, onBroken, onCommit, onAudit } = options;
  const { directory, synchronous, leaseSeconds } = settings;
  const file = join(directory, 'pool.db');
  const volume = await openVolume(options, file);
  // What a process left that was killed while it made one.
  await rm(backupsOf(directory), { recursive: true, force: true });
  const [key, blobs] = await Promise.all([
    loadOrCreateKey(join(directory, 'pool.key')),
    Blobs.open(join(directory, 'spool')),
  ]);
  const store = new Store(file, synchronous, {
    onBroken,
    onFull: (full) => {
      volume.databaseIsFull(full);
    },
    onCommit,
    onAudit,
  });
  const head = await store.load();
  if (head.restored)
    logger.warn({ generation: head.generation }, 'an older copy of the database was put back');
  const promisedLease = await PromisedLease.open(join(directory, 'pool.lease'), leaseSeconds);
  return { volume, store, blobs, key, head, promisedLease };
}

/** Opens the volume and its reserve: space that is given up when the volume is full, so that results can still be recorded. */
async function openVolume(
  { settings: { directory, keepFreeBytes }, clock, logger, onRoom }: StorageOptions,
  file: string,
): Promise<Volume> {
  const volume = await Volume.open({
    directory,
    clock,
    keepFree: keepFreeBytes,
    onChange: ({ state, message }) => {
      logger.warn({ state, volume: message }, 'state of the volume changed');
      if (state === 'Serving') keepReserve();
      if (state !== 'Full') onRoom();
    },
  });
  // Opening needs a few blocks, such as those of a directory.
  if (volume.freeBytes < leastToOpen) Reserve.release(reserveOf(file));
  const reserve = new Reserve(reserveOf(file), volume.reserveBytes);
  const keepReserve = () =>
    void reserve.fill().catch((error: unknown) => logger.error({ err: error }, 'no reserve is kept'));
  if (volume.state.state === 'Serving') keepReserve();
  return volume;
}
