import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const examples = join(import.meta.dirname, '../../examples');

/** A valid manifest of each kind, into which a part of one can be put. */
const wholes: Readonly<Record<string, string>> = {
  GlideinGroup: 'hello/group.yaml',
  GlideinPool: 'hello/pool.yaml',
  PressurePolicy: 'hello/policy.yaml',
  ImageSet: 'image-set/images.yaml',
};

/**
 * A manifest of the examples with a part of it replaced.
 * @param place a kind and the names of fields, such as `GlideinGroup.spec.pilot`
 */
export function wholeManifest(place: string, part: string): string {
  const [kind = '', ...path] = place.split('.');
  const example = wholes[kind];
  if (example === undefined)
    throw new Error(`there is no kind ${kind}; the kinds are ${Object.keys(wholes).join(', ')}`);
  const nested = path.reduceRight<unknown>((inner, field) => ({ [field]: inner }), parse(part));
  return stringify(merged(parse(readFileSync(join(examples, example), 'utf8')), nested));
}

function merged(whole: unknown, part: unknown): unknown {
  if (!isBlock(whole) || !isBlock(part)) return part;
  const fields = Object.entries(part).map(([name, value]) => [name, merged(whole[name], value)]);
  return { ...whole, ...Object.fromEntries(fields) };
}

const isBlock = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
