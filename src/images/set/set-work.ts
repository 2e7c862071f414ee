import type { Clock } from '#base/clock.ts';
import type { ImageSetSpec } from '#spec/image-set.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { BlobFiles } from '../registry/blob-files.ts';
import type { BlobUses } from '../registry/held-blobs.ts';
import type { CacheRoom } from './cache-room.ts';
import type { Lanes } from './lanes.ts';
import type { SetMetrics } from './metrics.ts';
import type { Registries } from './registries.ts';
import type { Schedule } from './schedule.ts';
import type { SetState } from './set-state.ts';
import type { SharedTarget } from './shared-target.ts';
import type { SmokeTest } from './smoke-test.ts';
import type { Turns } from './turns.ts';
import type { Worker } from './worker.ts';

/** Where the images of one platform are. */
export interface PlatformPlace {
  /** Such as linux/amd64. */
  readonly platform: string;
  readonly directory: string;
  readonly target: SharedTarget;
}

/** What all work on a set shares. */
export interface SetWork {
  readonly name: string;
  /** The directory of images of the first platform, with those of the others below it. */
  readonly directory: string;
  /** The directory of what publishers know, and of leases. */
  readonly stateDirectory: string;
  readonly spec: ImageSetSpec;
  readonly schedule: Schedule;
  readonly state: SetState;
  readonly places: ReadonlyMap<string, PlatformPlace>;
  readonly registries: Registries;
  readonly blobs: BlobFiles;
  readonly uses: BlobUses;
  /** For layers on their way. */
  readonly room: CacheRoom;
  /** The directory of layers. */
  readonly layers: string;
  readonly worker: Pick<Worker, 'expand' | 'verify' | 'parallel'>;
  /** Undefined where there is no Apptainer. */
  readonly tryImage: ((tree: string, test: SmokeTest, signal: AbortSignal) => Promise<void>) | undefined;
  /** Requests about tags, by registry. */
  readonly checks: Lanes;
  /** Lists of tags, by registry. */
  readonly listings: Lanes;
  /** Images on their way, by registry. */
  readonly transfers: Lanes;
  /** Images that are expanded or checked, by registry. */
  readonly expansions: Lanes;
  /** Images that are being added, by directory and digest. */
  readonly turns: Turns;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: SetMetrics;
}
