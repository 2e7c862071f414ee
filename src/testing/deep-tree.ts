import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/** Levels that are made in one go: their path is short enough for the kernel. */
const step = 800;

/**
 * Makes a folder `deep` in `directory` with folders below folders, each in the last, deeper than a path can be long: what
 * is there already becomes the bottom of what is made anew.
 * @param levels rounded up to full steps of 800
 */
export function makeDeepTree(directory: string, levels: number): void {
  const top = join(directory, 'deep');
  const old = join(directory, 'old');
  mkdirSync(top);
  for (let made = 0; made < levels; made += step) {
    const bottom = join(top, ...Array<string>(step).fill('d'));
    renameSync(top, old);
    mkdirSync(bottom, { recursive: true });
    renameSync(old, join(bottom, 'd'));
  }
}
