import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
} from 'yaml';
import { count } from '#base/count.ts';
import { GlideinError, type Place } from '#base/error.ts';

/** The path to a value: names of fields and indices of lists. */
export type FieldPath = readonly PropertyKey[];

/** One YAML document as plain data, with the place where each of its parts was written. */
export interface YamlDocument {
  readonly data: unknown;
  /** The place of the value at `path`, or of the smallest written part that encloses it. */
  valuePlace(path: FieldPath): Place;
  /** The place of the key of the field at `path`, or of the smallest written part that encloses it. */
  keyPlace(path: FieldPath): Place;
}

/** Manifests are small: a larger file is a mistake, such as a data file. */
const maxCharacters = 4 * 2 ** 20;

/** Reads the documents of a YAML file. Empty ones are left out; one with a syntax error becomes a problem instead. */
export function readYaml(
  file: string,
  text: string,
): { documents: YamlDocument[]; problems: GlideinError[] } {
  if (text.length > maxCharacters) {
    return refused(
      file,
      'TooLarge',
      `the file has ${text.length} characters; at most ${maxCharacters} are allowed`,
    );
  }
  try {
    return split(file, text);
  } catch (error) {
    // The parser is recursive and limits aliases: it throws for both, instead of adding to `errors`.
    return refused(
      file,
      'InvalidManifest',
      'the YAML is nested too deeply or repeats itself too often',
      error,
    );
  }
}

function refused(file: string, code: 'TooLarge' | 'InvalidManifest', message: string, cause?: unknown) {
  const cure = 'check that this file is a manifest';
  return { documents: [], problems: [new GlideinError(code, message, { place: { file }, cure, cause })] };
}

function split(file: string, text: string) {
  const lines = new LineCounter();
  const documents: YamlDocument[] = [];
  const problems: GlideinError[] = [];
  for (const parsed of parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, merge: true })) {
    const at = (offset: number): Place => {
      const { line, col } = lines.linePos(offset);
      return { file, line, column: col };
    };
    problems.push(...syntaxProblems(parsed, at));
    if (parsed.errors.length === 0 && parsed.contents !== null) documents.push(placed(parsed, at));
  }
  return { documents, problems };
}

/** The most syntax errors that are reported of one document: most others are consequences of the first, and a file that is not YAML has hundreds. */
const mostSyntaxErrors = 3;

function syntaxProblems({ errors }: Document.Parsed, at: (offset: number) => Place): GlideinError[] {
  const told = errors.slice(0, mostSyntaxErrors);
  const problems = told.map((error) => syntaxProblem(error.message, at(error.pos[0])));
  const next = errors[mostSyntaxErrors];
  if (next === undefined) return problems;
  const more = `${count(errors.length - mostSyntaxErrors, 'more syntax error')} from here on`;
  return [
    ...problems,
    new GlideinError('InvalidManifest', `YAML: ${more}`, {
      place: at(next.pos[0]),
      cure: 'fix the first ones, and check that this file is a manifest',
    }),
  ];
}

function syntaxProblem(message: string, place: Place): GlideinError {
  return new GlideinError('InvalidManifest', `YAML: ${message}`, {
    place,
    cure: 'check indentation, quotes and colons here and on the line before',
  });
}

function placed(parsed: Document.Parsed, at: (offset: number) => Place): YamlDocument {
  const place = (node: Node | null) => at(node?.range?.[0] ?? 0);
  const data: unknown = parsed.toJS();
  return {
    data,
    valuePlace: (path) => place(follow(parsed.contents, path, (pair) => pair.value)),
    keyPlace: (path) => place(follow(parsed.contents, path, (pair) => pair.key)),
  };
}

/** The given part of the last pair on `path`, or the key of the last pair on the way that was written. */
function follow(root: Node | null, path: FieldPath, part: (last: Pair) => unknown): Node | null {
  let found: Node | null = root;
  let current: Node | null = root;
  for (const [index, step] of path.entries()) {
    const next = child(current, step);
    if (next === undefined) return found;
    const last = index === path.length - 1;
    found = isPair(next) ? (asNode(last ? part(next) : next.key) ?? asNode(next.key)) : next;
    current = isPair(next) ? asNode(next.value) : next;
  }
  return found;
}

function child(node: Node | null, step: PropertyKey): Pair | Node | undefined {
  if (isMap(node)) return node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === step);
  if (isSeq(node)) return asNode(node.items[Number(step)]) ?? undefined;
  return undefined;
}

const asNode = (value: unknown): Node | null =>
  typeof value === 'object' && value !== null && 'range' in value ? (value as Node) : null;
