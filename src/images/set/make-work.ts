import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { milliseconds } from '#spec/fields.ts';
import type { ImageSetSpec } from '#spec/image-set.ts';
import type { Logger } from '#telemetry/logger.ts';
import { BlobFiles } from '../registry/blob-files.ts';
import { BlobUses } from '../registry/held-blobs.ts';
import type { ImageTarget } from '../target/image-target.ts';
import { CacheRoom } from './cache-room.ts';
import { Lanes } from './lanes.ts';
import type { SetMetrics } from './metrics.ts';
import { reserve } from './publish-tag.ts';
import { Registries, type RegistriesOptions } from './registries.ts';
import type { SetState } from './set-state.ts';
import type { PlatformPlace, SetWork } from './set-work.ts';
import { SharedTarget } from './shared-target.ts';
import { Turns } from './turns.ts';

export interface WorkOptions
  extends RegistriesOptions,
    Pick<SetWork, 'name' | 'directory' | 'stateDirectory' | 'layers' | 'worker' | 'tryImage'> {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: SetMetrics;
  /** Opens what images of one platform are published into. */
  readonly openTarget: (directory: string) => Promise<ImageTarget>;
}

/** Milliseconds after which a request, or an image, is overtaken by others of its registry. */
const slowCheck = 10_000;
const slowTransfer = 60_000;

/** What the work on a set shares over all changes of the set. @returns the work by what the set says now */
export function workMaker(options: WorkOptions): (spec: ImageSetSpec, state: SetState) => SetWork {
  const { clock, directory } = options;
  // Sets fetch at the same time, and two transfers into one file would spoil it.
  const layers = join(options.layers, options.name);
  const registries = new Registries(options);
  const blobs = new BlobFiles({ directory: layers, clock, reserve });
  const uses = new BlobUses();
  const room = new CacheRoom();
  const checks = new Lanes({ perLane: 4, most: 64, slowAfter: slowCheck }, clock);
  // What a registry lists is kept as a whole until the patterns have been compared with it.
  const listings = new Lanes({ perLane: 2, most: 8, slowAfter: slowCheck }, clock);
  const transfers = new Lanes({ perLane: 4, most: 32, slowAfter: slowTransfer }, clock);
  const turns = new Turns();
  const targets = new Map<string, SharedTarget>();
  const placeOf = (platform: string, at: number): PlatformPlace => {
    const own = at === 0 ? directory : join(directory, platform.replace('/', '-'));
    const target = targets.get(own) ?? new SharedTarget(() => options.openTarget(own), clock);
    targets.set(own, target);
    return { platform, directory: own, target };
  };
  let expansions = { parallel: 0, lanes: checks };
  return (spec, state) => {
    const parallel = options.worker.parallel(spec.limits.parallel);
    if (expansions.parallel !== parallel)
      expansions = {
        parallel,
        lanes: new Lanes({ perLane: parallel, most: parallel, slowAfter: 2 ** 31 }, clock),
      };
    registries.setMirrors(spec.mirrors);
    return {
      ...options,
      layers,
      spec,
      state,
      registries,
      blobs,
      uses,
      room,
      checks,
      listings,
      transfers,
      turns,
      expansions: expansions.lanes,
      schedule: {
        every: milliseconds(spec.schedule.every),
        retryMost: milliseconds(spec.schedule.retryMost),
      },
      places: new Map(spec.platforms.map((platform, at) => [platform, placeOf(platform, at)])),
    };
  };
}
