/**
 * The flags of `apptainer exec` that contain a program. A: with a new `/proc`. B is `--containall` without that, for where `/proc` is
 * masked, as in ordinary pods.
 */
export const containment = {
  A: ['--containall'],
  B: ['--contain', '--ipc', '--pid', '--no-mount', 'proc', '--bind', '/proc'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
