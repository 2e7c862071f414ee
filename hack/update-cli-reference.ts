// Writes the reference of commands, settings and errors anew.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cliReference } from './cli-reference.ts';

const root = join(import.meta.dirname, '..');

for (const [file, text] of await cliReference()) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
  console.log(`wrote ${file}`);
}
