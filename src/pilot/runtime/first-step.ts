/** The file in the container's `/tmp` that proves that the container came up. */
export const markerName = '.glidein-started';

/**
 * What runs first in the container. Apptainer's own failures end with 255 or 1, which a payload may return as well;
 * so this leaves a marker and becomes the payload (same process). A command that cannot be executed writes its code
 * (126, 127) into the marker: by the trap in dash and busybox, and after `execfail` in bash, which skips the trap.
 * HOME is set here because apptainer overrides what its environment file says.
 */
const script = [
  `: >/tmp/${markerName}`,
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
  script,
  'sh',
  home,
  ...command,
];

/** What the marker says at the end: the container never came up, the command could not be executed, or it ran. */
export type Marker = 'absent' | 'notExecuted' | 'ran';

export function readMarker(content: string | undefined): Marker {
  if (content === undefined) return 'absent';
  return content.trim() === '' ? 'ran' : 'notExecuted';
}
