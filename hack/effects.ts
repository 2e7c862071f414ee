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
  const complaints = effectComplaints(subjects, rows, (file) =>
    existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : undefined,
  );
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  return [head, ...[...subjects].map(([file, inside]) => section(file, inside, rows.get(file) ?? []))]
    .join('\n\n')
    .concat('\n');
}

const head = `<!-- Written by hack/update-cli-reference.ts from ${effectsFolder}: do not edit. -->

# Effects

Everything that a user can write has an effect, and a test that shows it; or the user is told that it has none. Beside each
name stand the tests by file and full name, or what the user is told.`;

const titles: Readonly<Record<string, string>> = {
  submit: 'Commands of submit files',
  glidein: 'Commands and options of `glidein`',
  'glidein-operator': 'Settings of `glidein-operator`',
  'glidein-pool': 'Settings of `glidein-pool`',
  tracing: 'Variables of OpenTelemetry',
};

function section(file: string, subjects: readonly Subject[], rows: readonly EffectRow[]): string {
  const tests = new Map(rows.map((row) => [row.subject, row.tests]));
  const lines = subjects.toSorted(byName).map(({ name, aliases = [], told }) => {
    const shown = (tests.get(name) ?? []).map(
      (test) => `[${test.file}](../../${test.file}) > ${code(test.name)}`,
    );
    return `| ${[name, ...aliases].map(code).join(', ')} | ${cell(told ?? shown.join('<br>'))} |`;
  });
  const written = file in titles ? 'Written' : 'Field';
  return [
    `## ${titles[file] ?? `Fields of ${file}`}`,
    '',
    `| ${written} | Shown by, or what the user is told |`,
    '|---|---|',
    ...lines,
  ].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** A code span, whose fence is longer than any inside. */
function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}
