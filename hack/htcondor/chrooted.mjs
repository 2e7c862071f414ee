/**
 * How a command runs in the root directory that `hack/htcondor.mjs` makes: with its own settings, in the C locale and in UTC,
 * and without this process's environment. Its host's name is one that no server is asked for: HTCondor's programs look it up, and
 * wait for seconds when the answer is lost.
 *
 * @param {string} root
 * @param {readonly string[]} words the command
 * @param {string} [folder] where it runs, as seen inside
 * @returns {{ command: string, args: string[], env: Record<string, string> }}
 */
export function chrooted(root, words, folder = '/') {
  return {
    command: 'chroot',
    args: [root, ...asLocalhost, '/usr/bin/env', '-u', 'PWD', '-C', folder, ...words],
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

/** The shell adds PWD to the environment. */
const asLocalhost = [
  '/usr/bin/unshare',
  '--uts',
  '/bin/sh',
  '-c',
  '/usr/bin/hostname localhost && exec "$@"',
  'sh',
];
