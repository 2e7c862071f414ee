import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { describeError, GlideinError } from '#base/error.ts';
import { issuesInWords } from '#base/issue-in-words.ts';
import { type ImageSetSpec, imageSetFields, imageSetSpec } from '#spec/image-set.ts';

export interface ReadSpec {
  readonly spec: ImageSetSpec;
  /** sha256: and the digest of the file. */
  readonly digest: string;
  /** The name of the resource, if the file is one. */
  readonly name: string | undefined;
}

/** The most bytes of a specification. */
const longest = 2 ** 20;

/**
 * Reads the specification of a set: JSON or YAML, with the fields of a set, or with those of the resource ImageSet, of which
 * those about the publisher's pod are passed over.
 * @throws GlideinError NotFound or InvalidManifest
 */
export async function readSpecFile(file: string): Promise<ReadSpec> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new GlideinError('NotFound', `cannot read the set of images ${file}`, { cause });
  });
  if (text.length > longest)
    throw new GlideinError('TooLarge', `${file} has more than ${longest} characters`, { place: { file } });
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const { name, fields } = fieldsOf(contentOf(text, file));
  const read = imageSetSpec.safeParse(fields);
  if (read.success) return { spec: read.data, digest, name };
  throw new GlideinError('InvalidManifest', issuesInWords(read.error, 'the set of images'), {
    place: { file },
  });
}

function contentOf(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new GlideinError('InvalidManifest', describeError(cause).split('\n', 1)[0] ?? '', {
      cause,
      place: { file },
    });
  }
}

interface Resource {
  readonly kind?: unknown;
  readonly metadata?: { readonly name?: unknown } | undefined;
  readonly spec?: object | undefined;
}

function fieldsOf(content: unknown): { readonly name: string | undefined; readonly fields: unknown } {
  const { kind, metadata, spec } = (content ?? {}) as Resource;
  if (kind !== 'ImageSet') return { name: undefined, fields: content };
  const known = Object.entries(spec ?? {}).filter(([field]) => field in imageSetFields);
  const name = metadata?.name;
  return { name: typeof name === 'string' ? name : undefined, fields: Object.fromEntries(known) };
}
