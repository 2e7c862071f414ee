import { formatBytes } from '#base/quantity.ts';
import type { Finding } from '#wire/finding.ts';
import { type Machine, readMachine } from '../slots/machine.ts';
import { account } from './account.ts';
import { limitsFound, readCgroup } from './cgroup.ts';
import { cvmfs } from './cvmfs.ts';
import { fuse, gpus } from './devices.ts';
import { namespaces, type RememberedNamespaces } from './namespaces.ts';
import { openFiles } from './open-files.ts';

/** What a look at the node has shown, besides whether Apptainer runs here. */
export interface Survey {
  readonly machine: Machine;
  readonly findings: readonly Finding[];
}

/**
 * Looks at the node, at everything at the same time. Takes as long as the slowest look, at most five seconds.
 * @param directory where job directories are; it must be writable
 * @param remember where results of trials are kept for an hour; nowhere if absent
 */
export async function survey(directory: string, remember?: RememberedNamespaces): Promise<Survey> {
  const [machine, cgroup, made, ...others] = await Promise.all([
    readMachine(directory),
    readCgroup(),
    namespaces(directory, remember),
    fuse(),
    gpus(),
    cvmfs(),
    account(),
  ]);
  const findings = [
    ...limitsFound(cgroup),
    ...machineFound(machine, directory),
    openFiles(),
    ...made,
    ...others,
  ];
  return { machine, findings };
}

const machineFound = ({ kernel, disk }: Machine, directory: string): Finding[] => [
  { what: 'disk', attributes: {}, verdict: 'good', evidence: `${formatBytes(disk)} free in ${directory}` },
  { what: 'kernel', attributes: {}, verdict: 'good', evidence: `uname -r: ${kernel}` },
];
