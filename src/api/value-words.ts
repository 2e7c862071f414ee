import { truncate } from '#base/truncate.ts';
import type { SchemaNode } from './structural.ts';

const nouns: Record<string, string> = {
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  string: 'a string',
  array: 'a list',
  object: 'a block of fields',
};

/** The name of the type of value that a schema accepts. */
export function expected(node: SchemaNode): string {
  if (node['x-kubernetes-int-or-string']) return 'a quantity';
  return nouns[node.type ?? ''] ?? 'valid here';
}

const samples: Record<string, string> = {
  integer: '4',
  number: '0.5',
  boolean: 'true',
  string: 'WORD',
  array: '[…]',
  object: '{…}',
};

/** An example of a value that a schema accepts. */
export function sample(node: SchemaNode): string {
  if (node['x-kubernetes-int-or-string']) return '2Gi';
  if (node.enum) return node.enum.map(String).join('|');
  if (node.format === 'duration') return '20m';
  if (node.format === 'date-time') return '"2027-01-31T08:00:00Z"';
  return samples[node.type ?? ''] ?? 'VALUE';
}

/** A value in a form that its author recognises, however large it is. */
export function shown(value: unknown): string {
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a block of fields';
  const text = JSON.stringify(value) ?? 'this';
  return truncate(text, 61);
}
