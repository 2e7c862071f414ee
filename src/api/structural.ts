import * as z from 'zod';

/** A node of a Kubernetes structural schema: the part of OpenAPI v3 that a CustomResourceDefinition may use. */
export interface SchemaNode {
  type?: string;
  format?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
  maxProperties?: number;
  pattern?: string;
  required?: string[];
  items?: SchemaNode;
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  anyOf?: SchemaNode[];
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-validations'?: Array<{ rule: string; message: string; fieldPath?: string }>;
  [extension: string]: unknown;
}

/**
 * The structural schema of what `schema` accepts. zod's OpenAPI 3.0 output is close to it; each function below corrects one
 * difference. Transforms, recursion and unions of objects have no structural form and must not occur in `schema`.
 */
export function structuralSchema(schema: z.ZodType): SchemaNode {
  const { $schema: _, ...root } = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' });
  return corrected(root as SchemaNode);
}

function corrected(node: SchemaNode): SchemaNode {
  const fixed = [intOrString, preserved, closedObject, integer, instant].reduce(
    (each, fix) => fix(each),
    node,
  );
  return spelledDefault(withChildren(fixed, corrected));
}

function withChildren(node: SchemaNode, change: (child: SchemaNode) => SchemaNode): SchemaNode {
  const { properties, items, additionalProperties } = node;
  return {
    ...node,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, child]) => [name, change(child)]),
      ),
    }),
    ...(items && { items: change(items) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: change(additionalProperties) }),
  };
}

/** `anyOf` may not contain types; the extension expresses the same. */
function intOrString(node: SchemaNode): SchemaNode {
  if (node['x-kubernetes-int-or-string'] !== true) return node;
  const { anyOf = [], type: _, ...rest } = node;
  const text = anyOf.find((each) => each.type === 'string');
  return { ...rest, ...(text?.pattern && { pattern: text.pattern, maxLength: text.maxLength }), minimum: 0 };
}

/** A value that is preserved as it is has no schema for its members. */
function preserved(node: SchemaNode): SchemaNode {
  if (node['x-kubernetes-preserve-unknown-fields'] !== true) return node;
  const { additionalProperties: _, properties: __, ...rest } = node;
  return rest;
}

/** The API server refuses or prunes unknown fields by itself and forbids saying so; keys of maps have no schema. */
function closedObject(node: SchemaNode): SchemaNode {
  const { propertyNames: _, ...rest } = node;
  if (typeof rest.additionalProperties !== 'boolean') return rest;
  const { additionalProperties: __, ...open } = rest;
  return open;
}

/** zod writes the largest safe integers as bounds of every integer. */
function integer(node: SchemaNode): SchemaNode {
  if (node.type !== 'integer') return node;
  const { minimum, maximum, ...rest } = node;
  return {
    ...rest,
    format: 'int64',
    ...(minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && { minimum }),
    ...(maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && { maximum }),
  };
}

/** The format replaces zod's long pattern, which RE2 cannot read. A bound keeps CEL cheap. */
function instant(node: SchemaNode): SchemaNode {
  if (node.format !== 'date-time') return node;
  const { pattern: _, ...rest } = node;
  return { ...rest, maxLength: 64 };
}

/**
 * The API server checks a default against the node's own rules before it fills in the defaults of nested fields, so a rule
 * would meet missing fields. Where there are rules, the default therefore contains all nested defaults.
 */
function spelledDefault(node: SchemaNode): SchemaNode {
  if (node.default === undefined || node['x-kubernetes-validations'] === undefined) return node;
  return { ...node, default: filled(node, node.default) };
}

function filled(node: SchemaNode, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || node.properties === undefined) return value;
  const given = value as Record<string, unknown>;
  const fields = Object.entries(node.properties)
    .map(([name, child]) => [name, filled(child, given[name] ?? child.default)] as const)
    .filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields);
}
