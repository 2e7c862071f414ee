import type { GlideinError, Place } from '#base/error.ts';
import { type Finding, invalidManifest, oneOf, unknownField } from './finding.ts';
import { issueFindings } from './issue-findings.ts';
import { type KindName, kinds } from './kinds.ts';
import { manifestMetadataFields } from './metadata.ts';
import { type PlacedResource, withoutDuplicates } from './placed-resource.ts';
import { apiVersion } from './resource.ts';
import { structuralSchema } from './structural.ts';
import { type FieldPath, readYaml, type YamlDocument } from './yaml-document.ts';

/** An object of another API, which is not read here. */
export interface SkippedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly place: Place;
}

export interface Manifests {
  readonly resources: readonly PlacedResource[];
  readonly skipped: readonly SkippedObject[];
  /** All with the code InvalidManifest or TooLarge; those of one file in the order of its lines. */
  readonly problems: readonly GlideinError[];
}

/** One object of a document: the document itself, or an entry of a `kind: List`. */
interface Entry {
  readonly data: Record<string, unknown>;
  readonly document: YamlDocument;
  readonly prefix: FieldPath;
}

type Outcome = { resource: PlacedResource } | { skipped: SkippedObject } | { problems: GlideinError[] };

/**
 * Reads the resources in YAML files. Every problem is reported with its place, and none hides the valid resources. A `status`
 * is ignored, so that objects read back from a cluster are valid manifests, too.
 */
export function readManifests(files: ReadonlyArray<{ file: string; text: string }>): Manifests {
  const outcomes = files.flatMap(({ file, text }): Outcome[] => {
    const { documents, problems } = readYaml(file, text);
    return [{ problems }, ...documents.flatMap(readDocument)];
  });
  const { unique, repeated } = withoutDuplicates(
    outcomes.flatMap((each) => ('resource' in each ? [each.resource] : [])),
  );
  return {
    resources: unique,
    skipped: outcomes.flatMap((each) => ('skipped' in each ? [each.skipped] : [])),
    problems: [...outcomes.flatMap((each) => ('problems' in each ? each.problems : [])), ...repeated],
  };
}

function readDocument(document: YamlDocument): Outcome[] {
  const { data } = document;
  if (isBlock(data) && data.kind === 'List' && Array.isArray(data.items)) {
    return data.items.map((item, index) => readObject(item, document, ['items', index]));
  }
  return [readObject(data, document, [])];
}

function readObject(data: unknown, document: YamlDocument, prefix: FieldPath): Outcome {
  const fail = (finding: Finding): Outcome => ({ problems: [invalidManifest(finding, document, prefix)] });
  if (!isBlock(data)) {
    return fail({
      path: [],
      at: 'value',
      message: 'this is not an object',
      cure: `begin with "apiVersion: ${apiVersion}" and a kind`,
    });
  }
  const place = document.valuePlace(prefix);
  if (isForeign(data)) {
    return { skipped: { apiVersion: String(data.apiVersion), kind: String(data.kind), place } };
  }
  const envelope = envelopeFinding(data);
  if (envelope !== undefined) return fail(envelope);
  return validated({ data, document, prefix });
}

/** Whether an object is of another API: ours has our API group or one of our kinds, even if the other of the two is wrong. */
function isForeign(data: Record<string, unknown>): boolean {
  const { apiVersion: version, kind } = data;
  if (typeof version !== 'string' || typeof kind !== 'string') return false;
  return !version.startsWith('glidein.dev') && !Object.hasOwn(kinds, kind);
}

function envelopeFinding(data: Record<string, unknown>): Finding | undefined {
  const { kind, apiVersion: version } = data;
  if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind)) {
    const message = kind === undefined ? 'the field is missing' : 'there is no such kind';
    return { path: ['kind'], at: 'value', message, cure: oneOf(kind, Object.keys(kinds), 'the kinds are') };
  }
  if (version === apiVersion) return undefined;
  const message = version === undefined ? 'the field is missing' : 'this version does not exist';
  return { path: ['apiVersion'], at: 'value', message, cure: `write "apiVersion: ${apiVersion}"` };
}

function validated({ data, document, prefix }: Entry): Outcome {
  const { schema } = kinds[data.kind as KindName];
  const { status: _, ...manifest } = data;
  const parsed = schema.safeParse(manifest, { reportInput: true });
  const issues = parsed.error?.issues ?? [];
  const structure = issues.length === 0 ? {} : structuralSchema(schema);
  const findings = [
    ...metadataFindings(data.metadata),
    ...issues.flatMap((issue) => issueFindings(issue, structure)),
  ];
  if (findings.length > 0 || parsed.data === undefined) {
    return { problems: findings.map((finding) => invalidManifest(finding, document, prefix)).sort(byPlace) };
  }
  const placeOf = (path: FieldPath) => document.valuePlace([...prefix, ...path]);
  return { resource: { resource: parsed.data, place: placeOf([]), placeOf } };
}

/** Reports unknown metadata. The schema is open there because an API server may add fields, but an author may also mistype one. */
function metadataFindings(metadata: unknown): Finding[] {
  if (!isBlock(metadata)) return [];
  return Object.keys(metadata)
    .filter((key) => !manifestMetadataFields.includes(key))
    .map((key) => unknownField(['metadata', key], ['name', 'namespace', 'labels', 'annotations']));
}

function byPlace(a: GlideinError, b: GlideinError): number {
  return (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0);
}

const isBlock = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
