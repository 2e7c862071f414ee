import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { describeError, GlideinError, isCode, type Place } from '#base/error.ts';
import { issueInWords } from '#base/issue-in-words.ts';
import { type PoolSpec, poolSpec } from '#spec/pool-spec.ts';
import { keysOf } from './issuer-keys.ts';

/**
 * Reads the specification of a pool from its file, which is JSON or YAML.
 * @throws GlideinError NotFound, or InvalidArgument with the place of what is wrong
 */
export async function readPoolSpec(file: string): Promise<PoolSpec> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new GlideinError('NotFound', `cannot read the specification ${file}`, { cause });
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const [mistake] = document.errors;
  if (mistake !== undefined)
    throw new GlideinError('InvalidArgument', mistake.message, { place: place(mistake.pos[0]) });
  const parsed = poolSpec.safeParse(contentOf(document, file));
  const fault = parsed.success ? badKeys(parsed.data) : faultOf(parsed.error);
  if (parsed.success && fault === undefined) return parsed.data;
  throw new GlideinError('InvalidArgument', fault?.message ?? 'the specification is not valid', {
    place: place(offsetOf(document, fault?.path ?? [])),
  });
}

const faultOf = (error: z.ZodError): Fault => ({
  path: error.issues[0]?.path ?? [],
  message: issueInWords(error, 'the specification'),
});

/** Aliases of aliases may expand to more than fits into memory; the parser refuses those. */
function contentOf(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new GlideinError('InvalidArgument', describeError(cause), { cause, place: { file } });
  }
}

interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A key set is text within the text, so the schema cannot check its content. */
function badKeys({ issuers }: PoolSpec): Fault | undefined {
  for (const [index, { jwks }] of issuers.entries()) {
    try {
      if (jwks !== undefined) keysOf(jwks);
    } catch (error) {
      if (!isCode(error, 'InvalidArgument')) throw error;
      return { path: ['issuers', index, 'jwks'], message: `issuers.${index}.jwks: ${error.describe()}` };
    }
  }
  return undefined;
}

/** Where the value at `path` begins; for a missing value, where the enclosing one begins. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as
      | { range?: [number, number, number] }
      | undefined;
    if (node?.range !== undefined) return node.range[0];
  }
  return 0;
}
