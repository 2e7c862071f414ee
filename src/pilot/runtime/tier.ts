/**
 * How well payloads can be contained here. A: private PID namespace with its own `/proc`. B: private PID namespace,
 * but `/proc` is the pilot's (pods whose `/proc` is masked). C: no user namespaces, no containers at all.
 */
export type Tier = 'A' | 'B' | 'C';

/** The flags of `apptainer exec` that contain a payload. B is `--containall` without the mount of a new `/proc`. */
export const tierFlags: Readonly<Record<'A' | 'B', readonly string[]>> = {
  A: ['--containall'],
  B: ['--contain', '--ipc', '--pid', '--no-mount', 'proc', '--bind', '/proc'],
};
