import { GlideinError } from '#base/error.ts';
import { nearest } from '#base/nearest.ts';
import type { SchemaNode } from './structural.ts';
import { sample } from './value-words.ts';
import type { FieldPath, YamlDocument } from './yaml-document.ts';

/** What is wrong with a field and what to write, before it has a place. */
export interface Finding {
  /** From the top of the resource. */
  readonly path: FieldPath;
  /** Whether the name of the field is to blame, or what it is set to. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly cure: string;
}

/** A finding as an error with its place; `prefix` is where the resource stands within its document. */
export function invalidManifest(finding: Finding, document: YamlDocument, prefix: FieldPath): GlideinError {
  const path = [...prefix, ...finding.path];
  const place = finding.at === 'key' ? document.keyPlace(path) : document.valuePlace(path);
  const name = dotted(finding.path);
  const message = name === '' ? finding.message : `${name}: ${finding.message}`;
  return new GlideinError('InvalidManifest', message, { place, cure: finding.cure });
}

/** A field that the schema does not have. */
export function unknownField(path: FieldPath, known: readonly string[]): Finding {
  return {
    path,
    at: 'key',
    message: 'there is no such field',
    cure: oneOf(String(path.at(-1)), known, 'fields here are'),
  };
}

/** A field that the schema demands. */
export function missingField(path: FieldPath, node: SchemaNode): Finding {
  const meaning = node.description === undefined ? '' : ` (${node.description.replace(/\.$/, '')})`;
  const cure = `write "${String(path.at(-1))}: ${sample(node)}"${meaning}`;
  return { path, at: 'key', message: 'the field is missing', cure };
}

/** `did you mean "b"? LEAD a, b, c`, without the question when no word is near. */
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
