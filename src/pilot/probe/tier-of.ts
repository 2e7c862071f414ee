import { stripVTControlCharacters } from 'node:util';
import { agreedCode } from './exit-37.ts';

/** One run of a program: its exit code (undefined: it was killed or never ran) and what it said. */
export interface Attempt {
  readonly code: number | undefined;
  readonly output: string;
}

/** How well one apptainer contains payloads here, or why it does not run at all. */
export type TierFound = { readonly tier: 'A' | 'B' } | { readonly tier: 'C'; readonly reason: string };

/** Causes that people can act on, by what apptainer says. */
const causes: readonly (readonly [RegExp, string])[] = [
  [
    /create user namespace|uid map|max_user_namespaces/i,
    'user namespaces are not allowed here: the pod needs a seccomp profile that permits unshare and mount, the node ' +
      'user.max_user_namespaces > 0 and no AppArmor restriction of them',
  ],
  [/unknown userid/i, 'the user of this process is missing in /etc/passwd'],
  [/ENOENT|EACCES/, 'the program cannot be executed'],
];

/**
 * What the attempts of one apptainer mean. `b` is needed only when `a` failed.
 */
export function tierOf(a: Attempt, b?: Attempt): TierFound {
  if (a.code === agreedCode) return { tier: 'A' };
  if (b?.code === agreedCode) return { tier: 'B' };
  const lines = stripVTControlCharacters((b ?? a).output)
    .split('\n')
    .map((line) => line.trim());
  const said = lines.findLast((line) => line !== '') ?? '';
  const cause = causes.find(([pattern]) => lines.some((line) => pattern.test(line)))?.[1];
  const found = said === '' ? `it ended with code ${(b ?? a).code ?? 'none'}, not ${agreedCode}` : said;
  return { tier: 'C', reason: cause === undefined ? found : `${cause} (${found})` };
}
