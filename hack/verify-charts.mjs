// Fails when a chart does not lint, does not render for one of the kinds of sites in charts/glidein/ci, or accepts
// meaningless values. Whether the API server accepts the objects is tested by test/integration/charts.test.ts.
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { chartFolders, helm, renderChart, valueFiles } from './charts.mjs';

/** Values that must be refused, each with a word that the message must contain. */
const refused = [
  ['replicas=many', 'replicas'],
  ['watchNamspace=typing-error', 'watchNamspace'],
  ['site=Not A Name', 'site'],
  ['image.digest=sha256:short', 'digest'],
  ['serviceAccount.create=false', 'serviceAccount.name'],
];

/** @type {[name: string, check: () => Promise<unknown>][]} */
const checks = [
  ...Object.values(chartFolders).map((chart) => [`helm lint ${basename(chart)}`, () => lint(chart)]),
  ...(await valueFiles()).map((file) => [`values ${basename(file)}`, () => renders(file)]),
  ['glidein-crds with keep=false', () => renderChart(chartFolders.crds, ['--set', 'keep=false'])],
  ...refused.map(([value, word]) => [`refuses ${value}`, () => refuses(value, word)]),
  ['values.schema.json has every value', schemaIsComplete],
];

let failed = 0;
for (const [name, check] of checks) {
  try {
    await check();
  } catch (error) {
    failed += 1;
    console.error(`${name}: ${error.message}`);
  }
}
if (failed > 0) process.exitCode = 1;
else console.log(`${checks.length} checks of the charts passed`);

async function lint(chart) {
  const { ok, output } = await helm(['lint', '--strict', chart]);
  if (!ok) throw new Error(output);
}

async function renders(file) {
  const objects = await renderChart(chartFolders.glidein, ['--values', file]);
  if (!objects.some(({ kind }) => kind === 'Deployment')) throw new Error('there is no Deployment');
  const { ok, output } = await helm(['lint', '--strict', chartFolders.glidein, '--values', file]);
  if (!ok) throw new Error(output);
}

async function refuses(value, word) {
  const { ok, output } = await helm(['template', 'glidein', chartFolders.glidein, '--set', value]);
  if (ok) throw new Error('it was accepted');
  if (!output.includes(word)) throw new Error(`the refusal does not say what is wrong: ${output}`);
}

/** A value without a schema would take anything; a schema without a value would describe nothing. */
async function schemaIsComplete() {
  const values = parse(await readFile(join(chartFolders.glidein, 'values.yaml'), 'utf8'));
  const schema = JSON.parse(await readFile(join(chartFolders.glidein, 'values.schema.json'), 'utf8'));
  const differences = compare(values, schema, '');
  if (differences.length > 0) throw new Error(differences.join('; '));
}

function compare(values, schema, path) {
  if (schema.properties === undefined) return [];
  const names = new Set([...Object.keys(values), ...Object.keys(schema.properties)]);
  names.delete('global');
  return [...names].flatMap((name) => {
    const where = `${path}${name}`;
    if (!(name in values)) return [`values.yaml has no ${where}`];
    if (!(name in schema.properties)) return [`values.schema.json has no ${where}`];
    return compare(values[name], schema.properties[name], `${where}.`);
  });
}
