// Fails, and shows where, when a generated file is not what `src/api` makes of it.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFiles, generatedFolders } from './generated-files.ts';

const root = join(import.meta.dirname, '..');
const wanted = generatedFiles();

const drifted = [...wanted].filter(([file, text]) => read(file) !== text);
const orphans = generatedFolders
  .flatMap((folder) =>
    existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => `${folder}/${name}`) : [],
  )
  .filter((file) => !wanted.has(file));

for (const [file, text] of drifted) showDifference(file, text);
for (const file of orphans) console.error(`${file} is generated from nothing: remove it`);

if (drifted.length + orphans.length > 0) {
  console.error('generated files are not up to date: run "npx node hack/update-crds.ts"');
  process.exitCode = 1;
} else {
  console.log(`${wanted.size} generated files are up to date`);
}

function read(file: string): string {
  const path = join(root, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** What is in the file (-) against what should be (+), as the machine's diff shows it. */
function showDifference(file: string, text: string): void {
  const from = existsSync(join(root, file)) ? file : '/dev/null';
  const { stdout, error } = spawnSync('diff', ['-u', '--label', file, '--label', 'generated', from, '-'], {
    cwd: root,
    input: text,
    encoding: 'utf8',
  });
  console.error(error === undefined ? stdout : `${file} differs (no diff on this machine)`);
}
