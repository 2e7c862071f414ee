import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheRoot } from './apptainer-install.mjs';
import { debianMirrors, lastError } from './apptainer-packages.mjs';
import { withLock } from './cluster/lock.mjs';
import { chrooted } from './htcondor/chrooted.mjs';
import { Advice, createLog, die } from './progress.mjs';
import { run } from './run-child.mjs';

/**
 * A root directory with the real HTCondor, from Debian's packages, in the user's cache: tests ask it what an expression, a
 * match or a submit file means. None of it runs as a service.
 *
 *   node hack/htcondor.mjs        makes it if it is missing, and prints its path
 */

const packages = ['condor', 'python3'];
const makeTimeoutMs = 15 * 60_000;
const proofTimeoutMs = 60_000;
const files = join(import.meta.dirname, 'htcondor');
/** Files that are put into the root, and where. */
const placed = { 'worker.py': 'worker.py', condor_config: 'condor_config' };

/**
 * @param {{ log?: import('./progress.mjs').Log }} [options]
 * @returns {Promise<{ root: string, version: string }>} `version` is HTCondor's, such as 25.14.1
 * @throws {Advice} when this machine cannot have it
 */
export async function ensureHtcondor({ log = createLog() } = {}) {
  if (process.getuid?.() !== 0)
    throw new Advice('HTCondor runs in a root directory of its own, which only root may do.');
  const home = join(cacheRoot(), 'htcondor');
  const root = join(home, await recipe());
  if (!existsSync(root)) {
    await log.step('HTCondor from Debian packages', (waitFor) =>
      withLock(
        join(home, 'lock'),
        () => waitFor('another process that makes it'),
        async () => {
          if (!existsSync(root)) await make(home, root, waitFor);
        },
      ),
    );
  }
  return { root, version: await versionOf(root) };
}

/**
 * The environment of tests and benchmarks: the root, or why there is none.
 * @param {import('./progress.mjs').Log} log
 * @returns {Promise<Record<string, string>>}
 */
export async function htcondorEnvironment(log) {
  try {
    return { GLIDEIN_TEST_HTCONDOR: (await ensureHtcondor({ log })).root };
  } catch (error) {
    if (!(error instanceof Advice)) throw error;
    log.note(`      ${error.message}`);
    return { GLIDEIN_TEST_NO_HTCONDOR: error.message };
  }
}

/** Everything that determines the content of the root, except the versions of the packages. */
async function recipe() {
  const hash = createHash('sha256').update(JSON.stringify([process.arch, packages, placed]));
  for (const name of Object.keys(placed)) hash.update(await readFile(join(files, name)));
  return `${process.arch}-${hash.digest('hex').slice(0, 12)}`;
}

async function make(home, root, waitFor) {
  await mkdir(home, { recursive: true });
  for (const name of await readdir(home)) {
    if (name !== 'lock') await rm(join(home, name), { recursive: true, force: true });
  }
  const work = await mkdtemp(join(home, 'work-'));
  try {
    const made = join(work, 'root');
    await bootstrap(made, waitFor);
    await mkdir(join(made, 'glidein'));
    for (const [name, target] of Object.entries(placed))
      await copyFile(join(files, name), join(made, 'glidein', target));
    await versionOf(made);
    await rename(made, root);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function bootstrap(into, waitFor) {
  const failures = [];
  const mirrors = await debianMirrors();
  for (const mirror of mirrors) {
    const done = await run('mmdebstrap', [...options, 'sid', into, sourceLine(mirror)], {
      timeoutMs: makeTimeoutMs,
      onLine: (line) => waitFor(line.replace(/^I: /, '').slice(0, 60)),
    });
    if (done.code === 0) return;
    if (done.code === 127) throw new Advice('mmdebstrap is missing. Install it: apt-get install mmdebstrap.');
    failures.push(lastError(done));
    await rm(into, { recursive: true, force: true });
  }
  throw new Advice(
    `Cannot download HTCondor's packages: ${failures[0] ?? 'this machine has no Debian mirror'}.`,
  );
}

const options = [
  '--mode=root',
  '--variant=minbase',
  // Some mirrors refresh sid's Release file less often than it promises.
  '--aptopt=Acquire::Check-Valid-Until "false"',
  '--dpkgopt=path-exclude=/usr/share/doc/*',
  '--dpkgopt=path-exclude=/usr/share/man/*',
  '--dpkgopt=path-exclude=/usr/share/locale/*',
  `--include=${packages.join(',')}`,
];

function sourceLine({ uri, options: given }) {
  const pairs = Object.entries(given).map(
    ([key, value]) => `${key.toLowerCase()}=${value.replaceAll(' ', ',')}`,
  );
  return `deb ${pairs.length > 0 ? `[${pairs.join(' ')}] ` : ''}${uri} sid main`;
}

/** Asks the programs, so that a broken root is never accepted. */
async function versionOf(root) {
  const { command, args, env } = chrooted(root, ['condor_version']);
  const done = await run(command, args, { timeoutMs: proofTimeoutMs, env });
  const version = /\$CondorVersion: ([0-9.]+)/.exec(done.stdout)?.[1];
  if (version === undefined)
    throw new Advice(`HTCondor does not run in ${root}: ${lastError(done)}. Remove that directory.`);
  return version;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log((await ensureHtcondor()).root);
  } catch (error) {
    die(error);
  }
}
