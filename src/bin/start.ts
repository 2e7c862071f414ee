import { enableCompileCache } from './compile-cache.ts';
import { keepHeapSmall } from './small-heap.ts';

/** The first file of every command. It runs on any Node that has modules, and loads the command if Node is new enough. */

const needed = 24;

if (Number(process.versions.node.split('.')[0]) < needed) {
  process.stderr.write(
    `glidein: Node.js ${needed} or newer is needed, but this is ${process.version}: put a newer one first in PATH, or, in a clone, run bin/glidein, which finds the one that \`npm ci\` installed\n`,
  );
  process.exitCode = 1;
} else {
  enableCompileCache();
  if (import.meta.url.endsWith('/pilot.js')) keepHeapSmall();
  await import(import.meta.url.replace(/\.js$/, '.main.js'));
}
