import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeStamp } from './freshness.mjs';
import { ensureInstalled } from './install.mjs';
import { Advice, createLog, die } from './progress.mjs';

/**
 * Bundles each command of `src/bin` (a file that begins with `#!`) into `dist`, with the packages that it uses inside: an
 * installed command starts without looking for `node_modules`. What is loaded only when it is used, and what commands
 * share, lies in chunks beside them, so `import.meta.url` in any source means `dist/`. `NAME.js` is small and runs on any
 * Node; it loads `NAME.main.js`.
 */

const root = dirname(import.meta.dirname);

/** Threads that a bundle starts are bundles of their own, beside it. */
const threads = ['src/pool/store/store-worker.ts', 'src/pool/intake/intake-worker.ts'];

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
    const begun = Date.now();
    const commands = await commandsIn(source);
    const { outputs, inputs } = await bundles(commands, outdir);
    await mkdir(outdir, { recursive: true });
    // Files that others load are written first, because somebody may be starting a command at this moment.
    for (const output of outputs) await put(output);
    await removeOthers(outdir, outputs);
    const files = outputs.map(({ path }) => path).filter((path) => path.endsWith('.js'));
    if (outdir === join(root, 'dist')) await writeStamp(inputs, begun, files);
    return { files };
  });
}

async function commandsIn(folder) {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /(?<!\.test)\.ts$/.test(name));
  const files = names.map((name) => join(folder, name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return files.filter((_file, index) => texts[index].startsWith('#!'));
}

/** Gives sources only the part of undici that they use. */
const httpOnly = {
  name: 'http-only',
  setup(builder) {
    builder.onResolve({ filter: /^undici$/ }, ({ importer }) =>
      importer.startsWith(join(root, 'src')) ? { path: join(root, 'hack/undici-http.mjs') } : undefined,
    );
  },
};

/**
 * Lets programs require these modules of Node. An import of one reads each of its exports: one of `node:http` loads Node's own
 * fetch, some 8 MiB, and as long as all else that a program loads; those of `node:process` load reports, finalization and streams.
 */
const required = {
  name: 'required',
  setup(builder) {
    builder.onResolve({ filter: /^node:(http|process)$/ }, ({ kind, path }) =>
      kind === 'import-statement' ? { path, namespace: 'required' } : undefined,
    );
    builder.onLoad({ filter: /^/, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = require('${path}');`,
    }));
  },
};

/** Programs, threads and their chunks, then the small files that start the programs. */
async function bundles(commands, outdir) {
  const workers = threads.map((file) => join(root, file)).filter((file) => existsSync(file));
  const named = commands.map((file) => [basename(file, '.ts'), file]);
  const programs = await esbuildOf(outdir, {
    entryPoints: Object.fromEntries([
      ...named.map(([name, file]) => [`${name}.main`, file]),
      ...workers.map((file) => [basename(file, '.ts'), file]),
    ]),
    splitting: true,
    plugins: [httpOnly, required],
    target: 'node24',
    sourcemap: 'linked',
    // V8 keeps the text of all that it has loaded. Names stay, and a line that a crash prints stays readable.
    minifyWhitespace: true,
    lineLimit: 160,
    banner: { js: banner },
  });
  const starts = await esbuildOf(outdir, {
    entryPoints: Object.fromEntries(named.map(([name]) => [name, join(root, 'src/bin/start.ts')])),
    target: 'node14.8',
    banner: { js: '#!/usr/bin/env node' },
  });
  const inputs = [programs, starts].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  return {
    outputs: [...programs.outputFiles.toSorted(programsLast), ...starts.outputFiles],
    inputs: inputs.filter((file) => !file.includes('node_modules/') && !file.startsWith('required:')),
  };
}

const programsLast = (a, b) => Number(a.path.endsWith('.main.js')) - Number(b.path.endsWith('.main.js'));

async function esbuildOf(outdir, options) {
  const esbuild = await import('esbuild');
  return esbuild
    .build({
      outdir,
      absWorkingDir: root,
      bundle: true,
      format: 'esm',
      platform: 'node',
      legalComments: 'eof',
      metafile: true,
      write: false,
      logLevel: 'silent',
      ...options,
    })
    .catch(async (error) => {
      const messages = await esbuild.formatMessages(error.errors ?? [], { kind: 'error', color: false });
      throw new Advice(messages.length === 0 ? error.message : messages.join('\n'));
    });
}

/** Replaces a file by renaming, because somebody may be starting the old one at this moment. */
async function put({ path, contents, text }) {
  const aside = join(dirname(path), `.${basename(path)}.${process.pid}`);
  // Nothing executes this file directly, but without the line the source map would be off by one.
  await writeFile(aside, path.endsWith('.main.js') ? text.replace(/^#!/, '// ') : contents);
  if (path.endsWith('.js') && !path.endsWith('.main.js') && text.startsWith('#!')) await chmod(aside, 0o755);
  await rename(aside, path);
}

/** How long chunks of earlier builds are kept, in milliseconds: a `glidein up` that has been running since may still load one. */
const chunksStay = 7 * 24 * 3_600_000;

/** Removes bundles whose source is gone, so that nobody runs them any more. */
async function removeOthers(outdir, outputs) {
  const kept = new Set(outputs.map(({ path }) => basename(path)));
  for (const name of await readdir(outdir)) {
    if (!/\.js(\.map)?$/.test(name) || name.startsWith('.') || kept.has(name)) continue;
    const isChunk = /-[A-Z0-9]{8}\.js/.test(name);
    if (isChunk && (await stat(join(outdir, name))).mtimeMs > Date.now() - chunksStay) continue;
    await rm(join(outdir, name), { force: true });
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
