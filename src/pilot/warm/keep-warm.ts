import { join } from 'node:path';
import { milliseconds } from '#spec/fields.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import { inTime } from '../runtime/in-time.ts';
import { placeEnter } from './enter.ts';
import { imageIdentity } from './image-identity.ts';
import { type SetUpOptions, setUpContainer } from './set-up.ts';
import { type Wanted, WarmContainers, type WarmContainersOptions } from './warm-containers.ts';

type Parts = { readonly apptainer: SetUpOptions['apptainer'] | undefined } & Pick<SetUpOptions, 'guardian'> &
  Pick<WarmContainersOptions, 'clock' | 'logger' | 'changed'>;

/** The warm containers of a pilot; undefined: its group wants none. */
export function keepWarm({ spec, directory }: PilotOrder, parts: Parts): WarmContainers | undefined {
  const { warm } = spec.runtime;
  if (warm === undefined) return undefined;
  const { apptainer, guardian, clock, logger, changed } = parts;
  if (apptainer === undefined) return undefined;
  const claims = join(directory, 'claims');
  let enter: Promise<string> | undefined;
  let count = 0;
  const setUp = async ({ image, mounts }: Wanted) => {
    count += 1;
    const root = join(claims, `.warm-${count}`);
    // A full disk may have room the next time.
    enter ??= placeEnter(directory).catch((error: unknown) => {
      enter = undefined;
      throw error;
    });
    const places = { claims, root, enter: await enter };
    return await setUpContainer({ apptainer, guardian, clock, ...places, image, mounts });
  };
  return new WarmContainers({
    most: warm.images,
    idle: milliseconds(warm.idle),
    setUp,
    identityOf: ({ image, mounts }) => inTime('the image', clock, imageIdentity(image, mounts)),
    clock,
    logger,
    changed,
  });
}
