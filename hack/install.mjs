import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Advice, createLog, die } from './progress.mjs';
import { run } from './run-child.mjs';

/**
 * Installs the npm packages of this checkout, including a Node that is new enough: these scripts run on any Node of the
 * machine, everything else on the installed one.
 */

const root = dirname(import.meta.dirname);
const neededMajor = 24;
const installTimeoutMs = 15 * 60_000;

/**
 * @param {{ log?: import('./progress.mjs').Log }} [options]
 * @returns {Promise<{ node: string, env: NodeJS.ProcessEnv }>} the path of Node 24 or newer, and an environment in
 *   which `node` and the commands of the installed packages are found first
 */
export async function ensureInstalled({ log = createLog() } = {}) {
  if (!(await isInstalled())) await npmCi(log);
  const bin = join(root, 'node_modules/.bin');
  const node = await newEnoughNode(bin);
  const path = [bin, dirname(node), process.env.PATH].filter(Boolean).join(delimiter);
  return { node, env: { ...process.env, PATH: path } };
}

/**
 * npm writes `node_modules/.package-lock.json` at the very end of an installation: everything that it lists is installed, and
 * that must be what the lock file asks for.
 *
 * @returns {Promise<boolean>}
 */
export async function isInstalled() {
  const wanted = await packagesOf(join(root, 'package-lock.json'));
  const found = await packagesOf(join(root, 'node_modules/.package-lock.json'));
  if (wanted === undefined || found === undefined) return false;
  const places = Object.entries(wanted).filter(([place]) => place !== '');
  const asLocked = places.every(([place, entry]) => {
    const there = found[place];
    // A package may be missing only if it is for another platform.
    if (there === undefined) return entry.optional === true || entry.devOptional === true;
    return there.version === entry.version && there.integrity === entry.integrity;
  });
  return asLocked && Object.keys(found).every((place) => place in wanted);
}

async function packagesOf(lockFile) {
  const text = await readFile(lockFile, 'utf8').catch(() => undefined);
  try {
    return text === undefined ? undefined : JSON.parse(text).packages;
  } catch {
    return undefined;
  }
}

async function npmCi(log) {
  await log.step('npm ci', async (waitFor) => {
    let fetched = 0;
    waitFor('the lock file');
    const done = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=http'], {
      timeoutMs: installTimeoutMs,
      cwd: root,
      onLine: (line) => {
        if (!line.includes('http fetch') && !line.includes('http cache')) return;
        fetched += 1;
        waitFor(`packages, ${fetched} so far`);
      },
    });
    if (done.code !== 0) throw new Advice(whyNot(done));
  });
}

function whyNot({ output, timedOut, code }) {
  if (code === 127) return 'There is no npm on PATH. Install Node.js with npm (20 or newer), then try again.';
  if (timedOut) return 'npm ci took longer than 15 minutes. Fix the network or the npm registry setting.';
  const errors = output
    .split('\n')
    .filter((line) => /^npm (error|ERR!)/.test(line) && !/complete log/.test(line));
  return `npm ci failed:\n${errors.slice(0, 12).join('\n')}\nMend the network or the npm registry setting, then try again.`;
}

async function newEnoughNode(bin) {
  const installed = join(bin, 'node');
  if (existsSync(installed)) {
    const ran = await run(installed, ['--version'], { timeoutMs: 30_000 });
    if (ran.code === 0 && majorOf(ran.stdout) >= neededMajor) return installed;
  }
  if (majorOf(process.version) >= neededMajor) return process.execPath;
  throw new Advice(
    `Node.js ${neededMajor} or newer is needed; this is ${process.version}, and npm has none for this platform. Install it (https://nodejs.org), then try again.`,
  );
}

const majorOf = (version) => Number(/^v(\d+)/.exec(version.trim())?.[1] ?? 0);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log((await ensureInstalled()).node);
  } catch (error) {
    die(error);
  }
}
