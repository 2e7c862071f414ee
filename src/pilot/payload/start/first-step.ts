import { waitStatusNames } from '../../runtime/wait-status.ts';

/** The file in the container's `/tmp` that proves that the container came up. */
export const markerName = '.glidein-started';

/** Added to the score by which the kernel chooses whom to kill. With 1000, it would be the first of the whole machine. */
const firstToDie = 800;

const program = `/tmp/${waitStatusNames.program}`;

/**
 * What runs first in the container.
 *
 * 1. It sets the usual umask, whatever the pilot was started with, and leaves a marker: apptainer's own failures end with 255
 *    or 1, but a payload may return these codes as well.
 * 2. It makes the kernel prefer this payload to the pilot, with all its other payloads, when memory runs out.
 * 3. It becomes the payload's parent, which waits until the pilot has limited the payload (that needs a container), and
 *    which can tell exit codes from signals. Where the program cannot run (`/tmp` forbids execution, or it is another
 *    machine), the payload runs without it.
 */
const outer = [
  'umask 022',
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

/** The payload's command, preceded by the first step. @param home the payload's HOME */
export const withMarker = (home: string, command: readonly string[]): string[] => [
  '/bin/sh',
  '-c',
  outer,
  inner,
  home,
  ...command,
];

/** What the marker says: the container never came up, the command could not be executed, or it ran. */
export type Marker = 'absent' | 'notExecuted' | 'ran';

export function readMarker(content: string | undefined): Marker {
  if (content === undefined) return 'absent';
  return content.trim() === '' ? 'ran' : 'notExecuted';
}
