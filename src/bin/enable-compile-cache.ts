import module from 'node:module';
import { compileCacheDirectory } from './compile-cache.ts';

/** Lets V8 keep what it compiles, unless the user's own variables have decided about that. */
export function enableCompileCache(): void {
  if (process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE) return;
  const directory = compileCacheDirectory(process.env, process.getuid?.());
  if (directory !== undefined) module.enableCompileCache(directory);
}
