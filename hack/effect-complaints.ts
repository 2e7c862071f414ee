import { type EffectRow, effectsFolder } from './effect-rows.mjs';
import type { Subject } from './effect-subjects.ts';
import { isTitleIn } from './test-titles.ts';

/**
 * What keeps the table from being whole, each with its place and what to do.
 * @param sourceOf the text of a test file, undefined when there is none
 */
export function effectComplaints(
  subjects: ReadonlyMap<string, readonly Subject[]>,
  rows: ReadonlyMap<string, readonly EffectRow[]>,
  sourceOf: (file: string) => string | undefined,
): string[] {
  const sources = new Map<string, string | undefined>();
  const read = (file: string) => {
    if (!sources.has(file)) sources.set(file, sourceOf(file));
    return sources.get(file);
  };
  return [
    ...[...subjects].flatMap(([file, inside]) => withoutRow(file, inside, rows.get(file) ?? [])),
    ...[...rows].flatMap(([file, written]) => [
      ...withoutSubject(written, subjects.get(file) ?? []),
      ...unsorted(written),
      ...written.flatMap((row) => withoutTest(row, read)),
    ]),
  ];
}

function withoutRow(file: string, subjects: readonly Subject[], rows: readonly EffectRow[]): string[] {
  const written = new Map(rows.map((row) => [row.subject, row]));
  return subjects.flatMap(({ name, told }) => {
    const row = written.get(name);
    if (row === undefined)
      return [
        `${effectsFolder}/${file}.txt: there is no row "${name}"; add it with the test that shows its effect`,
      ];
    if (told !== undefined || row.tests.length > 0) return [];
    return [
      `${row.place}: "${name}" has no test that shows its effect; write it below, as FILE > NAME OF THE TEST`,
    ];
  });
}

function withoutSubject(rows: readonly EffectRow[], subjects: readonly Subject[]): string[] {
  const known = new Map(subjects.map((subject) => [subject.name, subject]));
  return rows.flatMap(({ place, subject, tests }) => {
    const told = known.get(subject)?.told;
    if (!known.has(subject))
      return [`${place}: there is no "${subject}"; remove the row, or correct its name`];
    if (told === undefined || tests.length === 0) return [];
    return [`${place}: "${subject}" has no effect to be shown: users are told "${told}"`];
  });
}

const unsorted = (rows: readonly EffectRow[]): string[] =>
  rows
    .filter((row, index) => row.subject <= (rows[index - 1]?.subject ?? ''))
    .map(({ place, subject }) => `${place}: "${subject}" stands below what it sorts before; sort the rows`);

function withoutTest({ place, tests }: EffectRow, sourceOf: (file: string) => string | undefined): string[] {
  return tests.flatMap(({ file, name }) => {
    const source = sourceOf(file);
    if (source === undefined) return [`${place}: there is no file ${file}`];
    return isTitleIn(source, name) ? [] : [`${place}: ${file} has no test "${name}"`];
  });
}
