import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { closeGate, placeWaitStatus, waitStatusNames } from '../../runtime/wait-status.ts';
import type { ClaimDirectory } from '../claim/claim-directory.ts';
import { markerName } from './first-step.ts';

/**
 * Makes the directory ready for another start of the payload in it, when its last process is dead. Whatever the payload has put
 * in the place of the pilot's files in `/tmp` is removed first, because a link there could lead anywhere.
 */
export async function renewClaimDirectory({ temporary }: ClaimDirectory): Promise<void> {
  const names = [markerName, ...Object.values(waitStatusNames)];
  await Promise.all(names.map((name) => rm(join(temporary, name), { recursive: true, force: true })));
  await Promise.all([placeWaitStatus(temporary), closeGate(temporary)]);
}
