import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { customResourceDefinition } from './crd.ts';
import { type Kind, kinds } from './kinds.ts';
import { type SchemaNode, structuralSchema } from './structural.ts';

const all: readonly Kind[] = Object.values(kinds);

const rootOf = (kind: Kind) => customResourceDefinition(kind).spec.versions[0]!.schema.openAPIV3Schema;

/** Every node of the schemas of all kinds, with its path. */
function nodes(): Array<{ path: string; node: SchemaNode }> {
  const walk = (path: string, node: SchemaNode): Array<{ path: string; node: SchemaNode }> => [
    { path, node },
    ...Object.entries(node.properties ?? {}).flatMap(([name, child]) => walk(`${path}.${name}`, child)),
    ...(node.items ? walk(`${path}[]`, node.items) : []),
    ...(typeof node.additionalProperties === 'object' ? walk(`${path}{}`, node.additionalProperties) : []),
  ];
  return all.flatMap((kind) => walk(kind.kind, rootOf(kind)));
}

const withoutEnvelope = () =>
  nodes().filter(({ path }) => !/^\w+(\.(apiVersion|kind|metadata))?$/.test(path));

/** The field of a rule, which may lie in a field of its node. */
const fieldAt = (node: SchemaNode, [name = '', ...rest]: readonly string[]): SchemaNode | undefined => {
  const child = node.properties?.[name];
  return child === undefined || rest.length === 0 ? child : fieldAt(child, rest);
};

/** The paths of the nodes that break a rule; tests expect none. */
const offending = (list: ReturnType<typeof nodes>, breaks: (node: SchemaNode) => boolean) =>
  list.filter(({ node }) => breaks(node)).map(({ path }) => path);

describe('every schema', () => {
  it('has a type at every node, except those that accept an integer or a string', () => {
    expect(nodes().length).toBeGreaterThan(300);
    expect(offending(nodes(), (node) => !node.type && !node['x-kubernetes-int-or-string'])).toEqual([]);
    expect(offending(nodes(), (node) => Boolean(node.type && node['x-kubernetes-int-or-string']))).toEqual(
      [],
    );
  });

  it('uses no construct that Kubernetes forbids', () => {
    const forbidden = [
      '$ref',
      'definitions',
      'anyOf',
      'oneOf',
      'allOf',
      'not',
      'uniqueItems',
      'propertyNames',
      'const',
      'id',
    ];
    expect(offending(nodes(), (node) => forbidden.some((word) => word in node))).toEqual([]);
    expect(offending(nodes(), (node) => typeof node.additionalProperties === 'boolean')).toEqual([]);
    expect(offending(nodes(), (node) => Boolean(node.properties && node.additionalProperties))).toEqual([]);
    const preserved = 'x-kubernetes-preserve-unknown-fields';
    expect(
      offending(nodes(), (node) =>
        Boolean(node[preserved] && (node.properties || node.additionalProperties)),
      ),
    ).toEqual([]);
  });

  it('describes every field', () => {
    // Entries of lists and values of maps are described by their list or map.
    const fields = withoutEnvelope().filter(({ path }) => !/(\[\]|\{\})$/.test(path));
    expect(offending(fields, (node) => !node.description)).toEqual([]);
    expect(offending(fields, (node) => !/[.)]$/.test(node.description ?? ''))).toEqual([]);
  });

  it('bounds every string, list, map and integer, which keeps rules cheap', () => {
    const list = withoutEnvelope();
    expect(offending(list, (node) => node.type === 'string' && !node.maxLength && !node.enum)).toEqual([]);
    expect(offending(list, (node) => node.type === 'array' && !node.maxItems)).toEqual([]);
    expect(
      offending(list, (node) => node.type === 'object' && !node.properties && !node.maxProperties),
    ).toEqual([]);
    expect(offending(list, (node) => node.type === 'integer' && node.minimum === undefined)).toEqual([]);
    expect(offending(list, (node) => Math.abs(node.maximum ?? 0) > 1e9)).toEqual([]);
  });

  it('only has patterns that RE2 supports: no look-around, no back reference', () => {
    expect(offending(nodes(), (node) => /\(\?[=!<]|\\[1-9]/.test(node.pattern ?? ''))).toEqual([]);
  });

  it('tells server-side apply the key of the entries of each list', () => {
    expect(offending(nodes(), (node) => node.type === 'array' && !node['x-kubernetes-list-type'])).toEqual(
      [],
    );
    const keyless = offending(nodes(), (node) => {
      const keys = (node['x-kubernetes-list-map-keys'] ?? []) as string[];
      return keys.some((key) => !node.items?.required?.includes(key));
    });
    expect(keyless).toEqual([]);
  });

  it('gives every rule a message that says what to write, and an existing path', () => {
    const ruled = nodes().filter(({ node }) => node['x-kubernetes-validations']);
    expect(ruled.length).toBeGreaterThan(10);
    for (const { path, node } of ruled) {
      for (const rule of node['x-kubernetes-validations'] ?? []) {
        expect(rule.message, path).toMatch(/; (write|give|remove)/);
        expect(rule.rule, path).toContain('self');
        if (rule.fieldPath) expect(fieldAt(node, rule.fieldPath.slice(1).split('.')), path).toBeDefined();
      }
    }
  });

  it('spells out a default that rules check, because they run before nested defaults are filled in', () => {
    const schema = z
      .strictObject({
        a: z.int().default(1),
        deep: z.strictObject({ b: z.string().default('x') }).prefault({}),
      })
      .meta({ 'x-kubernetes-validations': [{ rule: 'self.a > 0', message: 'm' }] })
      .prefault({});
    expect(structuralSchema(schema).default).toEqual({ a: 1, deep: { b: 'x' } });
  });
});
