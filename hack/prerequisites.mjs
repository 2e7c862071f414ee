import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastError } from './apptainer-packages.mjs';
import { createLog, die } from './progress.mjs';
import { run } from './run-child.mjs';

/** Programs that tests use and a minimal Debian may lack: command, Debian package, and what is not tested without it. */
const programs = [
  { command: 'strace', package: 'strace', use: 'that nothing is acknowledged before it is synced' },
  { command: 'setpriv', package: 'util-linux', use: 'payloads of an ordinary user' },
  { command: 'unshare', package: 'util-linux', use: 'whatever needs namespaces of its own' },
  { command: 'flock', package: 'util-linux', use: 'installations at the same time' },
  { command: 'ps', package: 'procps', use: 'that no process is left behind' },
  { command: 'buildah', package: 'buildah', use: 'that the Dockerfile builds' },
  { command: 'mmdebstrap', package: 'mmdebstrap', use: 'that the Dockerfile builds' },
  { command: 'umoci', package: 'umoci', use: 'that images are expanded as by other programs' },
  { command: 'skopeo', package: 'skopeo', use: 'images of a real registry' },
  { command: 'git', package: 'git', use: 'that generated files are up to date' },
];

const aptTimeoutMs = 10 * 60_000;
/** Folders with root's programs, which may be missing in an ordinary user's PATH. */
const extraFolders = ['/usr/sbin', '/sbin'];

/**
 * Installs what is missing if run by root; otherwise it is only reported, and the tests that need it are skipped.
 *
 * @param {{ log?: import('./progress.mjs').Log }} [options]
 * @returns {Promise<{ missing: { command: string, sentence: string }[] }>} what is missing after that
 */
export async function ensurePrerequisites({ log = createLog() } = {}) {
  const missing = await absent();
  if (missing.length === 0) return { missing: [] };
  const packages = [...new Set(missing.map((program) => program.package))];
  if (process.getuid?.() !== 0) {
    return { missing: missing.map((program) => describe(program, 'only root can install it')) };
  }
  const failure = await log.step(`Debian packages ${packages.join(', ')}`, () => aptInstall(packages));
  return { missing: (await absent()).map((program) => describe(program, failure ?? 'it did not appear')) };
}

async function absent() {
  const checked = await Promise.all(
    programs.map(async (program) => ({ program, found: await isOnPath(program.command) })),
  );
  return checked.filter(({ found }) => !found).map(({ program }) => program);
}

async function isOnPath(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...extraFolders];
  const tries = folders.map((folder) =>
    access(join(folder, command), constants.X_OK).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(tries)).includes(true);
}

const describe = ({ command, package: name, use }, why) => ({
  command,
  sentence: `${command} is missing (${why}), so it stays untested ${use}. Cure: apt-get install ${name}`,
});

/** @returns {Promise<string | undefined>} why it failed */
async function aptInstall(packages) {
  const calls = [['update'], ['install', '-y', '--no-install-recommends', ...packages]];
  for (const args of calls) {
    const done = await run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      timeoutMs: aptTimeoutMs,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (done.code !== 0) return `apt-get ${args[0]} failed: ${lastError(done)}`;
  }
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const { sentence } of (await ensurePrerequisites()).missing) console.log(sentence);
  } catch (error) {
    die(error);
  }
}
