/**
 * How a command runs in the root directory that `hack/htcondor.mjs` makes: with its own settings, in the C locale and in UTC,
 * and without this process's environment.
 *
 * @param {string} root
 * @param {readonly string[]} words the command
 * @param {string} [folder] where it runs, as seen inside
 * @returns {{ command: string, args: string[], env: Record<string, string> }}
 */
export function chrooted(root, words, folder = '/') {
  return {
    command: 'chroot',
    args: [root, '/usr/bin/env', '-C', folder, ...words],
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      LC_ALL: 'C',
      TZ: 'UTC',
      PYTHONUTF8: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      CONDOR_CONFIG: '/glidein/condor_config',
    },
  };
}
