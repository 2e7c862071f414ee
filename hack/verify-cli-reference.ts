// Fails, and shows the first difference, when the reference of commands, settings or errors is not what they are.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliReference } from './cli-reference.ts';

const root = join(import.meta.dirname, '..');
const wanted = await cliReference();
let drifted = 0;

for (const [file, text] of wanted) {
  const path = join(root, file);
  const found = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (found === text) continue;
  drifted += 1;
  const [lines, shouldBe] = [found.split('\n'), text.split('\n')];
  const at = shouldBe.findIndex((line, index) => line !== lines[index]);
  const index = at === -1 ? shouldBe.length : at;
  console.error(
    `${file}:${index + 1}\n- ${lines[index] ?? '(nothing)'}\n+ ${shouldBe[index] ?? '(nothing)'}`,
  );
}

if (drifted > 0) {
  console.error('the reference is not up to date: run "npx node hack/update-cli-reference.ts"');
  process.exitCode = 1;
} else {
  console.log(`${wanted.size} files of the reference are up to date`);
}
