import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree } from '../../runtime/remove-tree.ts';
import { closeGate, placeWaitStatus, waitStatusNames } from '../../runtime/wait-status.ts';
import type { ClaimDirectory } from '../claim/claim-directory.ts';
import { markerName } from './first-step.ts';

/**
 * Makes the directory ready for another start of the payload in it, when its last process is dead. Whatever the payload has put
 * in the place of the pilot's files in `/tmp` is removed first, because a link there could lead anywhere. If it has locked `/srv` or
 * `/tmp`, they are opened again: what it does with its own must not look like a fault of the node.
 */
export async function renewClaimDirectory({ job, temporary }: ClaimDirectory): Promise<void> {
  chmodSync(job, 0o755);
  chmodSync(temporary, 0o1777);
  const names = [markerName, ...Object.values(waitStatusNames)];
  await Promise.all(names.map((name) => removeTree(join(temporary, name))));
  placeWaitStatus(temporary);
  closeGate(temporary);
}
