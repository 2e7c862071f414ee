import { readFileSync } from 'node:fs';
import { GlideinError } from '#base/error.ts';

/** Open files that a pilot needs at least: its own, its connections, and those of payloads that are staged or uploaded. */
const least = 256;

/** Files that this process may open: at its start the runtime raises the limit to the hard one. */
const allowed = (): string => readFileSync('/proc/self/limits', 'utf8');

/** @throws GlideinError RuntimeFailed when so few files may be open that good jobs would fail here */
export function requireOpenFiles(limits: string = allowed()): void {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
  if (soft === undefined || soft === 'unlimited' || Number(soft) >= least) return;
  throw new GlideinError('RuntimeFailed', `this node allows a pilot ${soft} open files; it needs ${least}`, {
    cure: 'raise the limit, with "ulimit -n" or LimitNOFILE',
  });
}
