import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The rows of `docs/reference/effects.md`: for everything that a user can write, the tests that show its effect. They are
 * maintained by hand in `test/effects`:
 *
 *   GlideinGroup.txt, GlideinPool.txt, PressurePolicy.txt     fields, spelled as in docs/reference/resources.md
 *   submit.txt                                               commands of submit files, by their first name
 *   glidein.txt                                              commands of `glidein`, and options after their command
 *   glidein-operator.txt, glidein-pool.txt, glidein-publisher.txt   settings of these programs
 *   tracing.txt                                              variables of OpenTelemetry
 *
 * A row is what a user writes, followed by indented lines with the full names of the tests that show the effect, as in a list
 * of failures. Rows are sorted.
 *
 *   max_retries
 *     src/pool/queue/retries.test.ts > retries > a job that fails runs again, as often as max_retries says
 *
 * A row may only name a test that fails when what the user wrote is removed, not one that merely parses it. What is refused,
 * or has no effect and causes a warning, has no test: the table takes the message from the code. After a change, run
 * `node hack/update-cli-reference.ts`, which reports inconsistencies; `npm test` reports tests that did not run.
 */

/**
 * @typedef {object} EffectRow
 * @property {string} place file and line, for complaints
 * @property {string} subject what a user writes
 * @property {readonly { readonly file: string, readonly name: string }[]} tests
 */

const root = dirname(import.meta.dirname);
export const effectsFolder = 'test/effects';

/** @returns {ReadonlyMap<string, readonly EffectRow[]>} the rows by the name of their file, without `.txt` */
export function readEffectRows() {
  const files = readdirSync(join(root, effectsFolder)).filter((name) => name.endsWith('.txt'));
  return new Map(
    files.sort().map((name) => {
      const file = `${effectsFolder}/${name}`;
      return [name.slice(0, -'.txt'.length), parseEffectRows(readFileSync(join(root, file), 'utf8'), file)];
    }),
  );
}

/** @returns {readonly EffectRow[]} */
export function parseEffectRows(text, file) {
  const rows = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const place = `${file}:${index + 1}`;
    if (!line.startsWith(' ')) rows.push({ place, subject: line.trimEnd(), tests: [] });
    else if (rows.length === 0) throw new Error(`${place}: this test does not belong to a row`);
    else rows.at(-1).tests.push(parseTest(line.trim(), place));
  }
  return rows;
}

function parseTest(text, place) {
  const at = text.indexOf(' > ');
  if (at === -1) throw new Error(`${place}: write FILE > NAME OF THE TEST`);
  return { file: text.slice(0, at), name: text.slice(at + 3) };
}

/**
 * Why a test run has not shown every effect.
 * @param {ReadonlyMap<string, readonly EffectRow[]>} rows
 * @param {readonly string[]} folders of the tests that were run
 * @param {readonly import('./test-checks.mjs').Outcome[]} outcomes
 * @returns {string[]}
 */
export function effectsNotShown(rows, folders, outcomes) {
  // The scripts of a fresh clone start on Node 20, which has no Map.groupBy.
  const found = new Map();
  for (const outcome of outcomes) found.set(outcome.name, [...(found.get(outcome.name) ?? []), outcome]);
  const complaints = [];
  for (const { subject, tests, place } of [...rows.values()].flat()) {
    for (const { file, name } of tests) {
      if (!folders.some((folder) => file.startsWith(`${folder}/`))) continue;
      const runs = found.get(`${file} > ${name}`) ?? [{ state: 'not run' }];
      const bad = runs.find(({ state }) => state !== 'passed');
      if (bad === undefined) continue;
      const why = bad.detail === undefined ? '' : ` (${bad.detail})`;
      complaints.push(
        `${place}: the effect of "${subject}" was not shown: ${bad.state}${why}: ${file} > ${name}`,
      );
    }
  }
  return complaints;
}
