import { GlideinError } from '#base/error.ts';
import { nearest } from '#base/nearest.ts';
import type { SchemaNode } from './structural.ts';
import { sample } from './value-words.ts';
import type { FieldPath, YamlDocument } from './yaml-document.ts';

/** What is wrong with a field and what to write, without its place in a file. */
export interface Finding {
  /** From the top of the resource. */
  readonly path: FieldPath;
  /** Whether the field's name or its value is wrong. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly cure: string;
}

/** A finding as an error with its place; `prefix` is the path of the resource within its document. */
export function invalidManifest(finding: Finding, document: YamlDocument, prefix: FieldPath): GlideinError {
  const path = [...prefix, ...finding.path];
  const place = finding.at === 'key' ? document.keyPlace(path) : document.valuePlace(path);
  const name = dotted(finding.path);
  const message = name === '' ? finding.message : `${name}: ${finding.message}`;
  return new GlideinError('InvalidManifest', message, { place, cure: finding.cure });
}

/** The finding for a field that the schema does not have. */
export function unknownField(path: FieldPath, known: readonly string[]): Finding {
  return {
    path,
    at: 'key',
    message: 'there is no such field',
    cure: oneOf(String(path.at(-1)), known, 'the fields here are'),
  };
}

/** The finding for a required field that is missing. */
export function missingField(path: FieldPath, node: SchemaNode): Finding {
  const meaning = node.description === undefined ? '' : ` (${node.description.replace(/\.$/, '')})`;
  const cure = `write "${String(path.at(-1))}: ${sample(node)}"${meaning}`;
  return { path, at: 'key', message: 'the field is missing', cure };
}

/** `did you mean "b"? LEAD a, b, c`, without the question when no word is similar. */
export function oneOf(word: unknown, words: readonly string[], lead: string): string {
  const near = typeof word === 'string' ? nearest(word, words) : undefined;
  const list = `${lead} ${words.join(', ')}`;
  return near === undefined ? list : `did you mean "${near}"? ${list}`;
}

/** `spec.downtimes[1].until` */
function dotted(path: FieldPath): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return text.replace(/^\./, '');
}
