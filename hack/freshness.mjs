import { readFileSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Whether the bundles in `dist` are made of the sources that are here now. */

export const root = dirname(import.meta.dirname ?? new URL('.', import.meta.url).pathname.slice(0, -1));

const stamp = 'dist/built.json';

/** What bundles depend on besides the sources inside of them. */
const others = ['package.json', 'package-lock.json', 'hack/build.mjs'];

/** By time and size, exactly: a file may also have become older. @returns {boolean} */
export function isFresh(folder = root) {
  try {
    const inputs = JSON.parse(readFileSync(join(folder, stamp), 'utf8'));
    return inputs.every(([file, time, size]) => {
      // No join: there are hundreds, and each start looks at them.
      const found = statSync(`${folder}/${file}`);
      return found.mtimeMs === time && found.size === size;
    });
  } catch {
    return false;
  }
}

/**
 * @param {readonly string[]} sources below the root
 * @param {number} begun when the first of them was read; what was changed since then counts as changed
 */
export async function writeStamp(sources, begun, folder = root) {
  const inputs = [...new Set([...sources, ...others])].map((file) => {
    const { mtimeMs, size } = statSync(join(folder, file));
    return [file, mtimeMs < begun ? mtimeMs : 0, size];
  });
  const aside = join(folder, `${stamp}.${process.pid}`);
  await writeFile(aside, JSON.stringify(inputs));
  await rename(aside, join(folder, stamp));
}
