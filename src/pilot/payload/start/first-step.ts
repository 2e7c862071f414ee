import { join } from 'node:path';
import type { Tier } from '../../runtime/apptainer.ts';
import { waitStatusNames } from '../../runtime/wait-status.ts';

/** The file in the container's `/tmp` that proves that the container came up. */
export const markerName = '.glidein-started';

/** Added to the score by which the kernel chooses whom to kill. With 1000, it would be the first of the whole machine. */
const firstToDie = 800;

const program = `/tmp/${waitStatusNames.program}`;

const parentFiles = [markerName, waitStatusNames.gate, waitStatusNames.record].map((name) => `/tmp/${name}`);

/**
 * What runs first in the container.
 *
 * 1. It sets the usual umask, whatever the pilot was started with.
 * 2. It makes the kernel prefer this payload to the pilot, with all its other payloads, when memory runs out.
 * 3. It becomes the payload's parent, in a user namespace below that of apptainer's own processes: without that, a payload
 *    that sees them in `/proc` (tier B) could read and write, through `/proc/PID/root`, all that the pilot can.
 * 4. The parent leaves a marker: apptainer's own failures end with 255 or 1, but a payload may return these codes as well. It
 *    waits until the pilot has limited the payload (that needs a container), and can tell exit codes from signals.
 *
 * Where the program cannot run (`/tmp` forbids execution, or it is another machine), the payload runs without it in tier A,
 * and not at all in tier B.
 */
const outer = (tier: Tier) =>
  [
    'umask 022',
    `{ echo ${firstToDie} >/proc/self/oom_score_adj; } 2>/dev/null`,
    `${program} 2>/dev/null && exec ${program} --apart ${tier === 'B' ? 1 : 0} ${parentFiles.join(' ')} /bin/sh -c "$0" sh "$@"`,
    ...withoutParent[tier],
  ].join('; ');

const withoutParent: Readonly<Record<Tier, readonly string[]>> = {
  A: [`: >/tmp/${markerName}`, 'eval "$0"'],
  B: [
    'echo "FATAL: the payload cannot have a user namespace of its own: /tmp forbids execution" >&2',
    'exit 125',
  ],
};

/**
 * What becomes the payload (same process). A command that cannot be executed writes its code (126, 127) into the
 * marker: by the trap in dash and busybox, and after `execfail` in bash, which skips the trap. HOME is set here
 * because apptainer overrides what its environment file says.
 */
const innerWith = (marker: string) =>
  [
    `trap 'echo "$?" >${marker}' 0`,
    'HOME=$1',
    'export HOME',
    'shift',
    '[ -z "$BASH_VERSION" ] || shopt -s execfail',
    'exec "$@"',
    'exit "$?"',
  ].join('; ');

const inner = innerWith(`/tmp/${markerName}`);

/** The payload's command, preceded by the first step. @param home the payload's HOME */
export const withMarker = (tier: Tier, home: string, command: readonly string[]): string[] => [
  '/bin/sh',
  '-c',
  outer(tier),
  inner,
  home,
  ...command,
];

/**
 * The same for a payload that enters a warm container: whoever lets it in has done all but the last step. See
 * `hack/payload-programs/enter.c`.
 */
export const withMarkerInWarm = (home: string, command: readonly string[]): string[] => [
  program,
  '--apart',
  '2',
  ...parentFiles,
  '/bin/sh',
  '-c',
  inner,
  'sh',
  home,
  ...command,
];

/**
 * The same for a payload without a container, whose `temporary` directory is where it is.
 *
 * **Gotchas.** The path of the marker is in a variable: it may contain whatever a shell reads.
 */
export function withMarkerDirect(temporary: string, home: string, command: readonly string[]): string[] {
  const at = (name: string) => join(temporary, name);
  const files = [markerName, waitStatusNames.gate, waitStatusNames.record].map(at);
  const script = `marker=$1; shift; ${innerWith('"$marker"')}`;
  const parent = [at(waitStatusNames.program), '--apart', '2', ...files];
  return parent.concat('/bin/sh', '-c', script, 'sh', at(markerName), home, command);
}

/** What the marker says: the container never came up, the command could not be executed, or it ran. */
export type Marker = 'absent' | 'notExecuted' | 'ran';

export function readMarker(content: string | undefined): Marker {
  if (content === undefined) return 'absent';
  return content.trim() === '' ? 'ran' : 'notExecuted';
}
