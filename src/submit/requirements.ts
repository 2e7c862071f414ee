import { containerCommands, imageCapability, imageOf } from './container.ts';
import type { Producer } from './given-value.ts';

/**
 * Requirements: the user's, and a clause for each request that any slot ad of this project or of HTCondor answers:
 *
 * - `TARGET.Cpus >= RequestCpus`, `TARGET.Memory >= RequestMemory`, `TARGET.Disk >= RequestDisk`
 * - `TARGET.GPUs >= RequestGPUs` when GPUs are requested
 * - `TARGET.HasContainer` and one of `TARGET.HasDockerURL`, `TARGET.HasSIF`, `TARGET.HasSandboxImage` for containers
 *
 * condor_submit adds more: the submitter's Arch and OpSys, HasFileTransfer, and a comparison of CondorVersion that is
 * an error, and so never matches, on a slot ad without that attribute. They are left out: a pilot that runs here
 * transfers files, and the architecture of the machine that submits says nothing about the payload. Unlike
 * condor_submit, a clause is also added when the user's expression names the same attribute.
 */
export const requirements: Producer = {
  reads: ['requirements', 'request_gpus', ...containerCommands],
  make(read) {
    const user = read('requirements');
    const clauses = [
      'TARGET.Cpus >= RequestCpus',
      'TARGET.Memory >= RequestMemory',
      'TARGET.Disk >= RequestDisk',
    ];
    if (read('request_gpus') !== undefined) clauses.push('TARGET.GPUs >= RequestGPUs');
    const image = imageOf(read);
    if (image !== undefined) clauses.push('TARGET.HasContainer', `TARGET.${imageCapability(image)}`);
    if (user !== undefined) clauses.unshift(user.expression());
    return { Requirements: clauses.map((clause) => `(${clause})`).join(' && ') };
  },
};
