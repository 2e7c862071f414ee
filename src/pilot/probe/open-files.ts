import { readFileSync } from 'node:fs';
import { GlideinError } from '#base/error.ts';
import type { Finding } from '#wire/finding.ts';

/** The fewest open files that a pilot can do with: its own, its connections, and those of payloads in transfer. */
const least = 256;

/** Limits of this process. (Node raises the soft limit of open files to the hard one when it starts.) */
const allowed = (): string => readFileSync('/proc/self/limits', 'utf8');

const cure = 'raise the limit, with "ulimit -n" or LimitNOFILE';

export function openFiles(limits: string = allowed()): Finding {
  const [, soft = 'unknown'] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
  // NaN, of what is no number, is not less.
  const tooFew = Number(soft) < least;
  return {
    what: 'open files',
    attributes: {},
    verdict: tooFew ? 'bad' : 'good',
    evidence: `/proc/self/limits: ${soft}; a pilot needs ${least}`,
    ...(tooFew ? { cure } : {}),
  };
}

/** @throws GlideinError RuntimeFailed when so few files may be open that good jobs would fail here */
export function requireOpenFiles(limits?: string): void {
  const { verdict, evidence } = openFiles(limits);
  if (verdict !== 'bad') return;
  const [, soft] = /: (\S+);/.exec(evidence) ?? [];
  throw new GlideinError(
    'RuntimeFailed',
    `this node allows a pilot only ${soft} open files, and it needs ${least}`,
    { cure },
  );
}
