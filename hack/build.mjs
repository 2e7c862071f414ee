import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { Advice, createLog, die } from './progress.mjs';

/**
 * Bundles each command of `src/bin` (a file that begins with `#!`) into `dist`, with the packages that it uses inside: an
 * installed command starts without looking for `node_modules`. What is loaded only when it is used, and what commands
 * share, lies in chunks beside them, so `import.meta.url` in any source means `dist/`.
 */

const root = dirname(import.meta.dirname);

/** Threads that a bundle starts are bundles of their own, beside it. */
const threads = ['src/pool/store/store-worker.ts'];

/** What CommonJS packages expect to have inside an ES module. */
const banner = `import { createRequire as glideinCreateRequire } from 'node:module';
const require = glideinCreateRequire(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`;

/**
 * @param {{ log?: import('./progress.mjs').Log, source?: string, outdir?: string }} [options]
 * @returns {Promise<{ files: string[] }>} the bundles that were written
 * @throws {Advice} whose message lists what esbuild objects to
 */
export async function build({
  log = createLog(),
  source = join(root, 'src/bin'),
  outdir = join(root, 'dist'),
} = {}) {
  return log.step('Bundles', async () => {
    const commands = await commandsIn(source);
    const entries = [
      ...commands,
      ...threads.map((file) => join(root, file)).filter((file) => existsSync(file)),
    ];
    const outputs = entries.length === 0 ? [] : await bundle(entries, outdir);
    await mkdir(outdir, { recursive: true });
    for (const output of outputs) await put(output);
    await removeOthers(outdir, outputs);
    return { files: outputs.map(({ path }) => path).filter((path) => path.endsWith('.js')) };
  });
}

async function commandsIn(folder) {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /(?<!\.test)\.ts$/.test(name));
  const files = names.map((name) => join(folder, name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return files.filter((_file, index) => texts[index].startsWith('#!'));
}

async function bundle(entries, outdir) {
  const esbuild = await import('esbuild');
  const result = await esbuild
    .build({
      entryPoints: Object.fromEntries(entries.map((file) => [basename(file, '.ts'), file])),
      outdir,
      absWorkingDir: root,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      sourcemap: 'linked',
      legalComments: 'eof',
      banner: { js: banner },
      write: false,
      logLevel: 'silent',
    })
    .catch(async (error) => {
      const messages = await esbuild.formatMessages(error.errors ?? [], { kind: 'error', color: false });
      throw new Advice(messages.length === 0 ? error.message : messages.join('\n'));
    });
  return result.outputFiles;
}

/** By renaming, because somebody may be starting the old one at this moment. */
async function put({ path, contents, text }) {
  const aside = join(dirname(path), `.${basename(path)}.${process.pid}`);
  await writeFile(aside, contents);
  if (path.endsWith('.js') && text.startsWith('#!')) await chmod(aside, 0o755);
  await rename(aside, path);
}

/** Bundles whose source is gone must not go on working. */
async function removeOthers(outdir, outputs) {
  const kept = new Set(outputs.map(({ path }) => basename(path)));
  for (const name of await readdir(outdir)) {
    if (/\.js(\.map)?$/.test(name) && !name.startsWith('.') && !kept.has(name)) await rm(join(outdir, name));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const log = createLog();
    await ensureInstalled({ log });
    const { files } = await build({ log });
    for (const file of files) {
      const bytes = (await readFile(file)).length;
      console.log(`${file} ${Math.round(bytes / 1024)} KiB`);
    }
  } catch (error) {
    die(error);
  }
}
