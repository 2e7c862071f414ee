import type * as z from 'zod';
import { type Finding, missingField, oneOf, unknownField } from './finding.ts';
import type { SchemaNode } from './structural.ts';
import { expected, sample, shown } from './value-words.ts';
import type { FieldPath } from './yaml-document.ts';

type Issue = z.core.$ZodIssue;
type Words = Pick<Finding, 'message' | 'cure'>;

/**
 * Translates an issue that zod found into the words of somebody who writes manifests.
 * @param issue of a parse with `reportInput`
 * @param schema the structural schema of the kind, for the names and types in the cure
 */
export function issueFindings(issue: Issue, schema: SchemaNode): Finding[] {
  const node = nodeAt(schema, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(node.properties ?? {});
    return issue.keys.map((key) => unknownField([...issue.path, key], known));
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) return [missingField(issue.path, node)];
  const at = issue.code === 'invalid_key' ? 'key' : 'value';
  return [{ path: issue.path, at, ...words(issue, node) }];
}

function words(issue: Issue, node: SchemaNode): Words {
  const value = shown(issue.input);
  switch (issue.code) {
    case 'custom':
      return { message: issue.message, cure: String(issue.params?.cure) };
    case 'invalid_type':
    case 'invalid_union':
      return { message: `${value} is not ${expected(node)}`, cure: `write one, such as ${sample(node)}` };
    case 'invalid_value':
      return choice(issue.input, issue.values.map(String));
    case 'too_big':
      return outOfBounds(issue.origin, value, `at most ${issue.maximum}`);
    case 'too_small':
      return outOfBounds(issue.origin, value, `at least ${issue.minimum}`);
    case 'invalid_key':
      return { message: 'the key is not valid', cure: keyCure(issue.issues) };
    case 'invalid_format':
      return { message: `${value} is not valid`, cure: formatCure(issue.message, node) };
    default:
      return { message: issue.message, cure: `write ${sample(node)}` };
  }
}

function choice(input: unknown, values: readonly string[]): Words {
  const lead = values.length > 1 ? 'write one of' : 'write';
  return { message: `${shown(input)} is not a valid value`, cure: oneOf(input, values, lead) };
}

const units: Record<string, string> = { string: ' characters', array: ' entries', record: ' entries' };

function outOfBounds(origin: string, value: string, bound: string): Words {
  return { message: `${value} is out of bounds`, cure: `write ${bound}${units[origin] ?? ''}` };
}

function keyCure(issues: readonly Issue[]): string {
  return issues.find((each) => each.message.startsWith('write'))?.message ?? 'write a shorter key';
}

/** The messages of our own schemas say what to write; zod's do not. */
function formatCure(message: string, node: SchemaNode): string {
  return message.startsWith('write') ? message : `write ${sample(node)}`;
}

/** The schema of the value at `path`, as far down as it is known. */
function nodeAt(schema: SchemaNode, path: FieldPath): SchemaNode {
  return path.reduce<SchemaNode>((node, step) => {
    if (typeof step === 'number') return node.items ?? {};
    const values = typeof node.additionalProperties === 'object' ? node.additionalProperties : {};
    return node.properties?.[String(step)] ?? values;
  }, schema);
}
