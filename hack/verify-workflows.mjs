// Fails when a GitHub workflow, of this project or of the examples, has a mistake that actionlint finds, or takes more than it needs: rights,
// unpinned actions, jobs that may hang for hours, or a token that stays in the checkout.
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { ensureBuilt } from './cluster/build.mjs';
import { createLog } from './progress.mjs';
import { run } from './run-child.mjs';
import { workflowComplaints } from './workflow-complaints.ts';

const root = dirname(import.meta.dirname);
const files = globSync(['.github/workflows/*.{yml,yaml}', 'examples/**/*.yml'], { cwd: root }).sort();

const { actionlint } = await ensureBuilt(['actionlint'], { log: createLog() });
const linted = await run(
  join(actionlint, 'actionlint'),
  ['-no-color', '-shellcheck=', '-pyflakes=', ...files],
  {
    timeoutMs: 60_000,
    cwd: root,
  },
);
if (linted.code !== 0) console.error(linted.output);

const complaints = [];
for (const file of files)
  for (const complaint of workflowComplaints(parse(await readFile(join(root, file), 'utf8'))))
    complaints.push(`${file}: ${complaint}`);
for (const complaint of complaints) console.error(complaint);

if (linted.code !== 0 || complaints.length > 0) process.exitCode = 1;
else console.log(`${files.length} workflows are in order`);
