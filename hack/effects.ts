import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { effectComplaints } from './effect-complaints.ts';
import { type EffectRow, effectsFolder, readEffectRows } from './effect-rows.mjs';
import { byName, effectSubjects, type Subject } from './effect-subjects.ts';

const root = join(import.meta.dirname, '..');

/** @throws Error that lists everything that keeps the table from being whole */
export async function effectsText(): Promise<string> {
  const subjects = await effectSubjects();
  const rows = readEffectRows();
  const complaints = effectComplaints(
    subjects,
    rows,
    (file) => (existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : undefined),
    stillMissing(),
  );
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  return [head, ...[...subjects].map(([file, inside]) => section(file, inside, rows.get(file) ?? []))]
    .join('\n\n')
    .concat('\n');
}

/** What had no test when the table began. Nothing is ever added there, and it goes when nothing is left. */
function stillMissing(): ReadonlyMap<string, ReadonlySet<string>> {
  const path = join(import.meta.dirname, 'effects-missing.json');
  const lists: Record<string, string[]> = JSON.parse(readFileSync(path, 'utf8'));
  return new Map(Object.entries(lists).map(([file, names]) => [file, new Set(names)]));
}

const head = `<!-- Written by hack/update-cli-reference.ts from ${effectsFolder}: do not edit. -->

# Effects

Everything that a user can write has an effect, and a test that shows it; or the user is told that it has none. Below each
name stand the tests by file and full name, or what the user is told.`;

const titles: Readonly<Record<string, string>> = {
  submit: 'Commands of submit files',
  glidein: 'Commands and options of `glidein`',
  'glidein-operator': 'Settings of `glidein-operator`',
  'glidein-pool': 'Settings of `glidein-pool`',
};

function section(file: string, subjects: readonly Subject[], rows: readonly EffectRow[]): string {
  const tests = new Map(rows.map((row) => [row.subject, row.tests]));
  const lines = subjects
    .toSorted(byName)
    .flatMap((subject) => [
      `- ${[subject.name, ...(subject.aliases ?? [])].map(code).join(', ')}`,
      ...(subject.told === undefined ? [] : [`  - ${subject.told}`]),
      ...(tests.get(subject.name) ?? []).map(
        (test) => `  - [${test.file}](../../${test.file}) > ${code(test.name)}`,
      ),
    ]);
  return `## ${titles[file] ?? `Fields of ${file}`}\n\n${lines.join('\n')}`;
}

/** A code span, whose fence is longer than any inside. */
function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}
