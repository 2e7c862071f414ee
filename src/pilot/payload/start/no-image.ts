import { holdCodes } from '#base/hold-codes.ts';
import type { Job } from '../claim/job.ts';
import { faultIn, PayloadFault } from '../claim/payload-fault.ts';
import type { ResolvedImage } from './resolve-image.ts';

/**
 * What stands for the image of a job that runs without a container.
 * @throws PayloadFault if the job has not asked for that, or wants an image: another pilot may run it
 */
export function noImage({ wantsDirect, image, command }: Job): ResolvedImage {
  if (!wantsDirect)
    throw faultIn(
      'source',
      'this pilot runs jobs without containers, and the job does not say +WantDirect = true',
    );
  if (image !== undefined)
    throw faultIn('source', `this pilot runs jobs without containers, and the job wants the image ${image}`);
  if (command[0] === '')
    throw new PayloadFault(
      'job',
      holdCodes.failedToCreateProcess,
      'the job names no executable, and has no image',
    );
  return { path: '', isFile: false, release: async () => {} };
}
