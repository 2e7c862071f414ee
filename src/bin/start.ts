import { enableCompileCache } from './enable-compile-cache.ts';

/** The first file of every command: it runs on any Node that knows modules, and loads the command beside it on one that is new enough. */

const needed = 24;

if (Number(process.versions.node.split('.')[0]) < needed) {
  process.stderr.write(
    `glidein: Node.js ${needed} or newer is needed, and this is ${process.version}: put a newer one first on PATH, or, in a clone, run bin/glidein, which finds the one that \`npm ci\` brought\n`,
  );
  process.exitCode = 1;
} else {
  enableCompileCache();
  await import(import.meta.url.replace(/\.js$/, '.main.js'));
}
