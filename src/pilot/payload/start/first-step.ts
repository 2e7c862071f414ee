import { waitStatusNames } from '../../runtime/wait-status.ts';

/** The file in the container's `/tmp` that proves that the container came up. */
export const markerName = '.glidein-started';

/** Added to the badness by which the kernel chooses whom to kill; 1000 would be: before all others on the machine. */
const firstToDie = 800;

const program = `/tmp/${waitStatusNames.program}`;

/**
 * What runs first in the container. Apptainer's own failures end with 255 or 1, which a payload may return as well;
 * so this leaves a marker. Then a program becomes the payload's parent that waits until the pilot has bounded the
 * payload, for which there must be a container, and that can tell exit codes from signals; where
 * it cannot run (`/tmp` without execution, another machine) the payload goes without. A kernel that is out of memory
 * is to choose a payload, not the pilot with all the others.
 */
const outer = [
  `: >/tmp/${markerName}`,
  `{ echo ${firstToDie} >/proc/self/oom_score_adj; } 2>/dev/null`,
  `${program} 2>/dev/null && exec ${program} /tmp/${waitStatusNames.gate} /tmp/${waitStatusNames.record} /bin/sh -c "$0" sh "$@"`,
  'eval "$0"',
].join('; ');

/**
 * What becomes the payload (same process). A command that cannot be executed writes its code (126, 127) into the
 * marker: by the trap in dash and busybox, and after `execfail` in bash, which skips the trap. HOME is set here
 * because apptainer overrides what its environment file says.
 */
const inner = [
  `trap 'echo "$?" >/tmp/${markerName}' 0`,
  'HOME=$1',
  'export HOME',
  'shift',
  '[ -z "$BASH_VERSION" ] || shopt -s execfail',
  'exec "$@"',
  'exit "$?"',
].join('; ');

/** @param home the payload's HOME */
export const withMarker = (home: string, command: readonly string[]): string[] => [
  '/bin/sh',
  '-c',
  outer,
  inner,
  home,
  ...command,
];

/** What the marker says at the end: the container never came up, the command could not be executed, or it ran. */
export type Marker = 'absent' | 'notExecuted' | 'ran';

export function readMarker(content: string | undefined): Marker {
  if (content === undefined) return 'absent';
  return content.trim() === '' ? 'ran' : 'notExecuted';
}
