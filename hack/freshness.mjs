import { readFileSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** Whether the bundles in `dist` were made from the current sources. */

export const root = dirname(import.meta.dirname ?? new URL('.', import.meta.url).pathname.slice(0, -1));

const stamp = 'dist/built.json';

/** What bundles depend on besides their sources. */
const others = ['package.json', 'package-lock.json', 'hack/build.mjs'];

/**
 * Sources are compared by exact time and size: a file may also have become older. Bundles are compared by size: a full disk, or a machine that
 * lost its power, leaves some that are empty. @returns {boolean}
 */
export function isFresh(folder = root) {
  try {
    const { inputs, outputs } = JSON.parse(readFileSync(join(folder, stamp), 'utf8'));
    // Without path.join: there are hundreds of files, and every start checks them.
    const isAsStamped = ([file, size, time]) => {
      const found = statSync(`${folder}/${file}`);
      return found.size === size && (time === undefined || found.mtimeMs === time);
    };
    return inputs.every(isAsStamped) && outputs.every(isAsStamped);
  } catch {
    return false;
  }
}

/**
 * @param {readonly string[]} sources below the root
 * @param {number} begun when the first of them was read; what was changed since then counts as changed
 * @param {readonly string[]} bundles absolute
 */
export async function writeStamp(sources, begun, bundles, folder = root) {
  const inputs = [...new Set([...sources, ...others])].map((file) => {
    const { mtimeMs, size } = statSync(join(folder, file));
    return [file, size, mtimeMs < begun ? mtimeMs : 0];
  });
  const outputs = bundles.map((file) => [relative(folder, file), statSync(file).size]);
  const aside = join(folder, `${stamp}.${process.pid}`);
  await writeFile(aside, JSON.stringify({ inputs, outputs }));
  await rename(aside, join(folder, stamp));
}
