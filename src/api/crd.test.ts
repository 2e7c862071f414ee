import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { crdText, customResourceDefinition } from './crd.ts';
import { type Kind, kinds } from './kinds.ts';
import type { SchemaNode } from './structural.ts';

const all: readonly Kind[] = Object.values(kinds);

/** The node that a simple JSON path leads to. */
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

describe('custom resource definitions', () => {
  it.each(all)('$kind is text that reads back as the same definition', (kind) => {
    expect(parse(crdText(kind))).toEqual(JSON.parse(JSON.stringify(customResourceDefinition(kind))));
  });

  it.each(all)('$kind shows columns that its schema has', (kind) => {
    const version = customResourceDefinition(kind).spec.versions[0]!;
    const { jsonPath: _, ...age } = version.additionalPrinterColumns.at(-1)!;
    expect(age).toEqual({ name: 'Age', type: 'date' });
    for (const { jsonPath, type } of version.additionalPrinterColumns.slice(0, -1)) {
      const node = follow(version.schema.openAPIV3Schema, jsonPath);
      expect([jsonPath, node?.type]).toEqual([jsonPath, type === 'date' ? 'string' : type]);
    }
  });

  it('lets kubectl scale and KEDA drive groups, and nothing else', () => {
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
