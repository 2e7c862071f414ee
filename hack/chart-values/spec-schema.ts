import type { Kind } from '#api/kinds.ts';
import { type SchemaNode, structuralSchema } from '#api/structural.ts';

/** A node of a JSON Schema. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * What the spec of a kind may be, as JSON Schema: the same as in its definition, except for the rules that only the API server
 * evaluates. Unknown fields are refused. There are no descriptions, because Helm stores the schema with each release.
 */
export function specSchema(kind: Kind): JsonSchema {
  const { spec } = structuralSchema(kind.schema).properties ?? {};
  if (spec === undefined) throw new Error(`${kind.kind} has no spec`);
  return jsonSchema(spec);
}

function jsonSchema(node: SchemaNode): JsonSchema {
  const { properties, items, additionalProperties, pattern, minimum, maxLength } = node;
  if (node['x-kubernetes-int-or-string'] === true) {
    return {
      anyOf: [
        { type: 'integer', minimum },
        { type: 'string', pattern, maxLength },
      ],
    };
  }
  const isClosed = properties !== undefined && node['x-kubernetes-preserve-unknown-fields'] !== true;
  return {
    ...plain(node),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, child]) => [name, jsonSchema(child)]),
      ),
    }),
    ...(isClosed && { additionalProperties: false }),
    ...(typeof additionalProperties === 'object' && {
      additionalProperties: jsonSchema(additionalProperties),
    }),
    ...(items && { items: jsonSchema(items) }),
  };
}

/** The keywords that mean the same in both, and have no node in them. */
const shared = [
  'type',
  'enum',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  'required',
] as const;

const plain = (node: SchemaNode): JsonSchema =>
  Object.fromEntries(shared.flatMap((word) => (node[word] === undefined ? [] : [[word, node[word]]])));
