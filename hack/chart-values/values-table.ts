import type { DescribedValue } from './described.ts';

const begin = '<!-- values: written by hack/update-crds.ts -->';
const end = '<!-- end of values -->';

/**
 * A README with a new table of values between its marks.
 * @throws Error if there are none
 */
export function withValuesTable(readme: string, values: readonly DescribedValue[]): string {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the README has no lines "${begin}" and "${end}"`);
  const rows = values.map(
    ({ path, sentence, fallback }) =>
      `| \`${path}\` | ${isGroup(path, values) ? '' : code(fallback)} | ${cell(sentence)} |`,
  );
  const table = ['| Value | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
  return `${readme.slice(0, from)}${begin}\n\n${table}\n\n${readme.slice(to)}`;
}

const isGroup = (path: string, values: readonly DescribedValue[]): boolean =>
  values.some((each) => each.path.startsWith(`${path}.`));

const code = (value: unknown): string => `\`${cell(JSON.stringify(value))}\``;

const cell = (text: string): string => text.replaceAll('|', '\\|');
