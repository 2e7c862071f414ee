import { stripVTControlCharacters } from 'node:util';
import { agreedCode } from './exit-37.ts';

/** One run of a program: its exit code (undefined: it was killed, or never ran) and what it printed. */
export interface ProgramRun {
  readonly code: number | undefined;
  readonly output: string;
  /** There is no such program. */
  readonly missing?: true;
}

/** How well one apptainer contains payloads here, or why it does not run at all. */
export type TierFound = { readonly tier: 'A' | 'B' } | { readonly tier: 'C'; readonly reason: string };

/** How every reason about user namespaces begins. */
export const namespacesForbidden = 'user namespaces are not allowed here';

/** Causes that people can do something about, by what apptainer prints. */
const causes: readonly (readonly [RegExp, string])[] = [
  [
    /create user namespace|uid map|max_user_namespaces|user namespace of its own/i,
    `${namespacesForbidden}: the pod needs a seccomp profile that permits unshare and mount; the node ` +
      'needs user.max_user_namespaces > 0, and no AppArmor profile that restricts them',
  ],
  [
    /\/dev\/fuse|exited: fuse:|while extracting/i,
    'image files need the device /dev/fuse and the program squashfuse_ll: a pod gets the device from a device plug-in',
  ],
  [
    /network namespace/i,
    'network namespaces are not allowed here, and runtime.network: None needs them: the node needs ' +
      'user.max_net_namespaces > 0',
  ],
  [/unknown userid/i, 'the user of this process is missing from /etc/passwd'],
  [/ENOENT|EACCES/, 'the program cannot be executed'],
];

/** What the runs of one apptainer mean. @param b needed only if `a` failed */
export function tierOf(a: ProgramRun, b?: ProgramRun): TierFound {
  if (a.code === agreedCode) return { tier: 'A' };
  if (b?.code === agreedCode) return { tier: 'B' };
  const lines = stripVTControlCharacters((b ?? a).output)
    .split('\n')
    .map((line) => line.trim());
  const said = lines.findLast((line) => line !== '') ?? '';
  const cause = causes.find(([pattern]) => lines.some((line) => pattern.test(line)))?.[1];
  const found = said === '' ? `it exited with code ${(b ?? a).code ?? 'none'}, not ${agreedCode}` : said;
  return { tier: 'C', reason: cause === undefined ? found : `${cause} (${found})` };
}
