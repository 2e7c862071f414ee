import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod';
import { chartValues, definitionsValues, formerValues } from './values.ts';
import { chartValuesOf } from './values-schema.ts';
import { withValuesTable } from './values-table.ts';

const root = join(import.meta.dirname, '../..');

/** The files of both charts that are made from their values: the schema, and the README with its table. */
export const valuesFiles = (): readonly (readonly [string, string])[] => [
  ...filesOf('glidein', chartValues, formerValues),
  ...filesOf('glidein-crds', definitionsValues, []),
];

function filesOf(
  chart: string,
  model: z.ZodType,
  former: readonly string[],
): readonly (readonly [string, string])[] {
  const folder = `charts/${chart}`;
  const read = (name: string) => readFileSync(join(root, folder, name), 'utf8');
  const { values, schema } = chartValuesOf(chart, model, read('values.yaml'), former);
  return [
    [`${folder}/values.schema.json`, `${JSON.stringify(schema, undefined, 1)}\n`],
    [`${folder}/README.md`, withValuesTable(read('README.md'), values)],
  ];
}
