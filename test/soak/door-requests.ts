import { request } from 'undici';
import { errorCatalogue } from '#base/error.ts';
import { mangled } from '#testing/message-storm.ts';
import { problem } from '#wire/problem.ts';
import type { Role } from '#wire/role.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Response {
  readonly 'x-codes'?: readonly string[];
}

interface Operation {
  readonly 'x-roles'?: readonly Role[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, Response>>;
}

/** What is read of the OpenAPI document of a pool. */
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface FuzzOptions {
  readonly url: string;
  readonly token: (role: Role) => Promise<string>;
  readonly random: () => number;
  /** Requests to each route. */
  readonly each: number;
}

interface FuzzReport {
  requests: number;
  readonly routes: string[];
  readonly byStatus: Record<string, number>;
  /** Answers that no client could make sense of. */
  readonly faults: string[];
}

const pick = <T>(random: () => number, items: readonly T[]): T =>
  items[Math.floor(random() * items.length)] as T;

/**
 * Sends nonsense to every route that the pool's own document names: bodies, paths and queries that are nearly right, and
 * ones that are far from it. Each refusal must have a code that the catalogue has and the document names for that route.
 */
export async function fuzzRoutes(options: FuzzOptions): Promise<FuzzReport> {
  const document = (await (await fetch(`${options.url}/v1/openapi.json`)).json()) as Document;
  const report: FuzzReport = { requests: 0, routes: [], byStatus: {}, faults: [] };
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      report.routes.push(`${method} ${path}`);
      for (let count = 0; count < options.each; count += 1)
        await fuzzOne(options, { document, path, method, operation }, report);
    }
  }
  return report;
}

interface Target {
  readonly document: Document;
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

async function fuzzOne(options: FuzzOptions, target: Target, report: FuzzReport): Promise<void> {
  const { random, token } = options;
  const { operation, method } = target;
  const { path, query } = addressOf(target, random);
  // An admin may do harm.
  const roles = (operation['x-roles'] ?? ['submitter']).filter((each) => each !== 'admin');
  const role = pick(random, roles.length === 0 ? (['submitter'] as const) : roles);
  const [type, body] = bodyOf(target, random);
  const where = `${method} ${path}${query}`.slice(0, 300);
  report.requests += 1;
  try {
    const answer = await request(`${options.url}${path}${query}`, {
      method: method.toUpperCase() as 'GET',
      headers: {
        authorization: `Bearer ${await token(role)}`,
        ...(body === null ? {} : { 'content-type': type, ...oddHeaders(random) }),
      },
      body,
      signal: AbortSignal.timeout(45_000),
    });
    const text = await answer.body.text();
    report.byStatus[answer.statusCode] = (report.byStatus[answer.statusCode] ?? 0) + 1;
    const fault =
      answer.statusCode < 400 || method === 'head' ? undefined : faultOf(operation, answer.statusCode, text);
    if (fault !== undefined) report.faults.push(`${where} with ${String(body).slice(0, 200)}: ${fault}`);
  } catch (error) {
    report.faults.push(`${where}: ${String(error)}`);
  }
}

/** What no client may read: the inside of the pool. */
const tellsTooMuch = /\.ts:|node:|SQLITE|\/tmp\//;

const ofAddresses = new Set(['NotFound', 'InvalidArgument', 'TooLarge']);

/** What is wrong with a refusal. */
function faultOf({ responses }: Operation, status: number, text: string): string | undefined {
  const parsed = problem.safeParse(parseJson(text));
  if (!parsed.success) return `status ${status} with ${text.slice(0, 200)}`;
  const { code, message } = parsed.data;
  const known = (errorCatalogue as Record<string, { status: number } | undefined>)[code];
  if (known?.status !== status) return `status ${status} with the code ${code}`;
  if (status === 500 || tellsTooMuch.test(message)) return `${code}: ${message}`;
  // An address that no route has is answered before any route is found.
  if (ofAddresses.has(code)) return undefined;
  return responses[status]?.['x-codes']?.includes(code)
    ? undefined
    : `${code} is not in the document: ${message}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const oddTexts = [
  '',
  '0',
  '-1',
  '1.0',
  '1e999',
  'NaN',
  'null',
  '../../etc/passwd',
  '%00',
  "' OR 1=1 --",
  'é\u0000\ud800',
  '((((',
  'x'.repeat(3000),
  '1.0.0.0',
  '__proto__',
  'constructor',
  `sha256:${'0'.repeat(64)}`,
];

function addressOf(
  { path, operation, document }: Target,
  random: () => number,
): { path: string; query: string } {
  const value = (schema: Schema) =>
    encodeURIComponent(
      (random() < 0.5 ? String(sample(document, schema, random)) : pick(random, oddTexts)).toWellFormed(),
    );
  const { parameters = [] } = operation;
  const schemaOf = (name: string) => parameters.find((each) => each.name === name)?.schema ?? {};
  const parts = parameters
    .filter((each) => each.in === 'query' && random() < 0.7)
    // A poll would only make the test wait.
    .map(({ name, schema }) => `${name}=${name === 'wait' ? '0' : value(schema)}`);
  if (random() < 0.1) parts.push('__proto__=1', '=&&&', 'a[b]=c');
  return {
    path: path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
      random() < 0.02 ? '%zz' : value(schemaOf(name)),
    ),
    query: parts.length === 0 ? '' : `?${parts.join('&')}`,
  };
}

function bodyOf({ operation, document }: Target, random: () => number): [type: string, body: string | null] {
  const [type = 'application/json', content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (content === undefined) return [type, random() < 0.9 ? null : '{"a":1}'];
  const odd = random() < 0.05 ? 'text/plain' : type;
  if (type !== 'application/json') return [odd, pick(random, oddTexts)];
  if (random() < 0.1) return [odd, pick(random, ['', '{', '[]', 'null', '"', '[[[[', '{"a":1}{', '\u0000'])];
  const body = sample(document, content.schema, random) as Record<string, unknown>;
  return [odd, withoutWait(mangled(body, random))];
}

/** A bid that may wait would only make the test wait. */
const withoutWait = (text: string): string => text.replaceAll(/"waitSeconds":[^,}]*/g, '"waitSeconds":0');

/** Bodies are never decompressed, so a compressed one is only bytes that are no JSON. */
const oddHeaders = (random: () => number): Record<string, string> =>
  random() < 0.05 ? { 'content-encoding': 'gzip' } : {};

/** A value that nearly fits the schema: enough to get behind the first check. */
function sample(document: Document, schema: Schema, random: () => number, depth = 0): unknown {
  const deeper = (inner: Schema) => sample(document, inner, random, depth + 1);
  if (schema.$ref !== undefined)
    return deeper(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return pick(random, schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return deeper(pick(random, choices));
  return sampleValue(schema, deeper, { random, isDeep: depth > 6 });
}

function sampleValue(
  schema: Schema,
  deeper: (inner: Schema) => unknown,
  { random, isDeep }: { readonly random: () => number; readonly isDeep: boolean },
): unknown {
  if (schema.type === 'object') return sampleObject(schema, deeper, random);
  if (schema.type === 'array')
    return Array.from({ length: isDeep ? 0 : 1 + Math.floor(random() * 3) }, () =>
      deeper(schema.items ?? {}),
    );
  return sampleScalar(schema, random);
}

function sampleObject(
  { properties, required = [] }: Schema,
  deeper: (inner: Schema) => unknown,
  random: () => number,
): unknown {
  if (properties === undefined) return { RequestCpus: '1', Cmd: '"/bin/true"', Odd: pick(random, oddTexts) };
  const named = Object.entries(properties).filter(([name]) => required.includes(name) || random() < 0.5);
  return Object.fromEntries(named.map(([name, inner]) => [name, deeper(inner)]));
}

function sampleScalar({ type, pattern }: Schema, random: () => number): unknown {
  if (type === 'boolean') return random() < 0.5;
  if (type === 'integer' || type === 'number') return pick(random, [0, 1, 5, -1, 1e15, 0.5, 2 ** 53, 1e308]);
  if (pattern?.includes('sha256') === true) return `sha256:${'a'.repeat(64)}`;
  if (pattern !== undefined) return pick(random, ['1', '1.0', '12', '9999999999999999.1', 'here']);
  return pick(random, ['word', 'a longer text', 'key-key-key', 'e/f', ...oddTexts]);
}
