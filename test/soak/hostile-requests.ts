import { request } from 'undici';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import type { Document } from './door-requests.ts';

/** Every route that the pool's own document names, by pool. */
const known = new Map<string, Promise<readonly (readonly [method: string, path: string])[]>>();

/** With `:x` for what may not exist. */
async function routesOf(url: string): Promise<readonly (readonly [method: string, path: string])[]> {
  const { paths } = (await (await fetch(`${url}/v1/openapi.json`)).json()) as Document;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [] }]) => {
      const queries = parameters.filter((each) => each.in === 'query' && each.name !== 'wait');
      const query = queries.map(({ name }) => `${name}=:x`).join('&');
      return [method.toUpperCase(), `${path.replaceAll(/\{\w+\}/g, ':x')}?${query}`] as const;
    }),
  );
}

export interface HostileOptions {
  readonly url: string;
  readonly tokens: readonly string[];
  readonly pilotToken: (uid: string) => Promise<string>;
  readonly random: () => number;
  /** Text that looks like what is expected there. */
  readonly text: () => string;
}

/** The answer of a route. A status of 500 is a defect. */
export interface RouteAnswer {
  readonly route: string;
  readonly status: number;
}

/** Sends one request with unexpected content and names. */
export async function sendHostileRequest({
  url,
  tokens,
  random,
  text,
}: HostileOptions): Promise<RouteAnswer> {
  const routes = known.get(url) ?? routesOf(url);
  known.set(url, routes);
  const all = await routes.catch((error: unknown) => {
    known.delete(url);
    throw error;
  });
  const [method = 'GET', path = '/'] = all[Math.floor(random() * all.length)] ?? [];
  const word = () => encodeURIComponent(random() < 0.3 ? '1.0' : oddText(random, text)).slice(0, 2000);
  const target = `${url}${path.replaceAll(':x', () => word())}`;
  const body = method === 'GET' || method === 'HEAD' ? null : oddBody(random, text);
  const answer = await request(target, {
    method: method as 'GET',
    headers: {
      authorization: `Bearer ${tokens[Math.floor(random() * tokens.length)]}`,
      ...(body === null ? {} : { 'content-type': random() < 0.8 ? 'application/json' : 'text/plain' }),
    },
    body,
  });
  await answer.body.dump();
  return { route: `${method} ${path}`, status: answer.statusCode };
}

/** Sends a request that anybody may send, just as often. */
export async function sendModestRequest({ url, tokens, random }: HostileOptions): Promise<RouteAnswer> {
  const path = random() < 0.5 ? '/v1/jobs?limit=10' : '/v1/pilots';
  const answer = await request(`${url}${path}`, { headers: { authorization: `Bearer ${tokens[1]}` } });
  await answer.body.dump();
  return { route: `GET ${path}`, status: answer.statusCode };
}

/** A pilot that sends what no pilot sends, until the pool closes the connection. */
export async function sendHostileMessages(
  { url, pilotToken, random, text }: HostileOptions,
  uid: string,
): Promise<void> {
  // It accepts no job: a job that it accepted would rightly belong to it for a whole lease.
  const slot = { Start: 'false' };
  const pilot = await ScriptedPilot.open({ url, token: await pilotToken(uid), uid, slot });
  if (random() < 0.5) pilot.sayHello();
  for (let index = 0; index < 5 && pilot.ended === undefined; index += 1) {
    pilot.sayRaw(oddBody(random, text));
    await pilot.change(20);
  }
  pilot.cut();
}

function oddText(random: () => number, text: () => string): string {
  if (random() < 0.5) return text();
  return String.fromCodePoint(...Array.from({ length: 20 }, () => Math.floor(random() * 0xd7ff)));
}

function oddBody(random: () => number, text: () => string): string {
  if (random() < 0.2) return oddText(random, text);
  return JSON.stringify(oddJson(random, text, 4));
}

const fields = [
  'type',
  'key',
  'cluster',
  'procs',
  'attributes',
  'inputs',
  'action',
  'jobs',
  'reason',
  'groups',
  'pilots',
  'template',
  'claim',
  'outcome',
  'slot',
  'uid',
  '__proto__',
  'constructor',
];

function oddJson(random: () => number, text: () => string, depth: number): unknown {
  const kind = Math.floor(random() * (depth > 0 ? 7 : 5));
  switch (kind) {
    case 0:
      return text();
    case 1:
      return (random() - 0.5) * 10 ** Math.floor(random() * 30);
    case 2:
      return null;
    case 3:
      return random() < 0.5;
    case 4:
      return Math.floor(random() * 10);
    case 5:
      return Array.from({ length: Math.floor(random() * 5) }, () => oddJson(random, text, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: Math.floor(random() * 6) }, () => [
          fields[Math.floor(random() * fields.length)],
          oddJson(random, text, depth - 1),
        ]),
      );
  }
}
