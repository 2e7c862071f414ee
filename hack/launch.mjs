import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isFresh, root } from './freshness.mjs';

/**
 * `node hack/launch.mjs PROGRAM [WORDS]...`: runs a bundle of `dist`, which is made first when there is none or when a
 * source has changed since, so that nobody runs what was there before `git pull`. Prints nothing of its own unless that fails.
 */

/** @returns {Promise<string | undefined>} what keeps the bundles from being made, and what to do about it */
async function whyNotBuilt() {
  // Loaded only when needed: a command should start at once.
  const { isInstalled } = await import('./install.mjs');
  if (!(await isInstalled())) return `the packages are missing or out of date: run "npm ci" in ${root}`;
  const { build } = await import('./build.mjs');
  try {
    await build({ log: { note: () => {}, step: (_title, work) => work(() => {}) } });
    return undefined;
  } catch (error) {
    return `the bundles in ${join(root, 'dist')} are missing or out of date and cannot be made: ${error.message}`;
  }
}

const [program, ...words] = process.argv.slice(2);
const problem = isFresh() ? undefined : await whyNotBuilt();
if (problem === undefined) {
  const file = join(root, 'dist', `${program}.js`);
  process.argv = [process.execPath, file, ...words];
  await import(pathToFileURL(file).href);
} else {
  console.error(`glidein: ${problem}`);
  process.exitCode = 1;
}
