import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isFresh, root } from './freshness.mjs';

/**
 * `node hack/launch.mjs PROGRAM [WORDS]...`: runs a bundle in `dist`. It bundles the sources first if there is no bundle or if
 * a source has changed, so that nobody runs the version from before a `git pull`. It prints nothing itself unless that fails.
 */

/** @returns {Promise<string | undefined>} what keeps the bundles from being made, and what to do about it */
async function whyNotBuilt() {
  // Only loaded when needed: a command should start quickly.
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
