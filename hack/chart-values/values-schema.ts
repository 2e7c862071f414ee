import * as z from 'zod';
import { type KindName, kinds } from '#api/kinds.ts';
import { type DescribedValue, describedValues } from './described.ts';
import { type JsonSchema, specSchema } from './spec-schema.ts';
import { specOf } from './values.ts';

/** What values.schema.json and the table of the README are made from. */
export interface ChartValues {
  readonly values: readonly DescribedValue[];
  readonly schema: JsonSchema;
}

/**
 * Joins what values may be with what values.yaml says about them.
 *
 * @param chart its name
 * @param model of the values
 * @param yaml the text of values.yaml
 * @param formerValues that there were once; the templates say what to write instead
 * @throws Error naming a value that only one of them has
 */
export function chartValuesOf(
  chart: string,
  model: z.ZodType,
  yaml: string,
  formerValues: readonly string[],
): ChartValues {
  const { $schema, ...root } = z.toJSONSchema(model, { io: 'input' }) as JsonSchema;
  const values = describedValues(yaml, (path) => nodeAt(root, path)?.additionalProperties === false);
  const known = new Map(values.map((value) => [value.path, value]));
  const described = describe(root, '', known) as JsonSchema;
  const unknown = values.find(({ path }) => nodeAt(root, path) === undefined);
  if (unknown !== undefined) throw new Error(`${unknown.path}: values.yaml has it, and the model has not`);
  const former = Object.fromEntries(formerValues.map((name) => [name, formerValue]));
  const properties = { ...(described.properties as JsonSchema), ...former };
  const title = `Values of the chart ${chart}`;
  const schema = { $schema, title, ...described, properties, ...definitions(root) };
  return { values, schema };
}

function nodeAt(root: JsonSchema, path: string): JsonSchema | undefined {
  return path
    .split('.')
    .reduce<JsonSchema | undefined>(
      (node, name) => (node?.properties as Record<string, JsonSchema> | undefined)?.[name],
      root,
    );
}

function describe(node: JsonSchema, path: string, known: ReadonlyMap<string, DescribedValue>): JsonSchema {
  const { properties, items, [specOf]: kind, ...rest } = node;
  if (kind !== undefined) return { $ref: `#/$defs/${kind as string}Spec` };
  const own = path === '' ? undefined : known.get(path)?.sentence;
  const isOfValues = properties !== undefined && !path.endsWith('[]');
  const below = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const needed = Object.entries((properties ?? {}) as Record<string, JsonSchema>)
    .filter(([name, child]) => isOfValues && isNeeded(child, known.get(below(name))))
    .map(([name]) => name);
  return {
    ...(own && { description: own }),
    ...rest,
    ...(needed.length > 0 && { required: needed }),
    ...(items !== undefined && { items: describe(items as JsonSchema, `${path}[]`, known) }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties as Record<string, JsonSchema>).map(([name, child]) => {
          const isKnown = !isOfValues || name === 'global' || known.has(below(name));
          if (!isKnown) throw new Error(`${below(name)}: the model has it, and values.yaml has not`);
          return [name, describe(child, below(name), known)] as const;
        }),
      ),
    }),
  };
}

/**
 * Whether templates cannot do without a value. Helm lacks one that somebody has set to null, and with `--reuse-values` all that a newer
 * chart has added: a list of names that is missing would then mean every name.
 */
const isNeeded = (
  { additionalProperties, minItems }: JsonSchema,
  value: DescribedValue | undefined,
): boolean => {
  if (value === undefined) return false;
  const isScalar = typeof value.fallback !== 'object' && value.fallback !== '';
  return additionalProperties === false || minItems !== undefined || isScalar;
};

const formerValue: JsonSchema = {
  description: 'Not a value any more; a release that has it is told what to write instead.',
};

/** The schemas of the specs that are referred to. */
function definitions(root: JsonSchema): JsonSchema {
  const named = [...JSON.stringify(root).matchAll(new RegExp(`"${specOf}":"(\\w+)"`, 'g'))];
  if (named.length === 0) return {};
  const specs = named.map(([, kind = '']) => [`${kind}Spec`, specSchema(kinds[kind as KindName])] as const);
  return { $defs: Object.fromEntries(specs) };
}
