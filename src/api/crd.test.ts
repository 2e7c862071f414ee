import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { crdText, customResourceDefinition } from './crd.ts';
import { type Kind, kinds } from './kinds.ts';
import type { SchemaNode } from './structural.ts';

const all: readonly Kind[] = Object.values(kinds);

/** The node that a simple JSON path points to. */
function follow(root: SchemaNode, jsonPath: string): SchemaNode | undefined {
  const steps = jsonPath
    .replace(/\[\?.*?\)\]/, '')
    .split('.')
    .slice(1);
  return steps.reduce<SchemaNode | undefined>(
    (node, step) => node?.properties?.[step] ?? node?.items?.properties?.[step],
    root,
  );
}

describe('the custom resource definition of', () => {
  it.each(all)('$kind is text that parses to the same definition', (kind) => {
    expect(parse(crdText(kind))).toEqual(JSON.parse(JSON.stringify(customResourceDefinition(kind))));
  });

  it.each(all)('$kind only has columns that exist in its schema', (kind) => {
    const version = customResourceDefinition(kind).spec.versions[0]!;
    const { jsonPath: _, ...age } = version.additionalPrinterColumns.at(-1)!;
    expect(age).toEqual({ name: 'Age', type: 'date' });
    for (const { jsonPath, type } of version.additionalPrinterColumns.slice(0, -1)) {
      const node = follow(version.schema.openAPIV3Schema, jsonPath);
      expect([jsonPath, node?.type]).toEqual([jsonPath, type === 'date' ? 'string' : type]);
    }
  });

  it('a group alone has /scale for kubectl and KEDA', () => {
    const scaled = all.filter(
      (kind) => 'scale' in customResourceDefinition(kind).spec.versions[0]!.subresources,
    );
    expect(scaled.map((kind) => kind.kind)).toEqual(['GlideinGroup']);
    const version = customResourceDefinition(kinds.GlideinGroup).spec.versions[0]!;
    const root = version.schema.openAPIV3Schema;
    const { scale } = version.subresources;
    expect(follow(root, scale!.specReplicasPath)?.type).toBe('integer');
    expect(follow(root, scale!.statusReplicasPath)?.type).toBe('integer');
    expect(follow(root, scale!.labelSelectorPath)?.type).toBe('string');
  });
});
