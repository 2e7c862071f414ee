import { request } from 'undici';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';

/** Every route of the pool. `:x` stands for something that may not exist. */
const routes = [
  ['POST', '/v1/jobs'],
  ['POST', '/v1/jobs/actions'],
  ['GET', '/v1/jobs?constraint=:x'],
  ['GET', '/v1/jobs?limit=:x'],
  ['GET', '/v1/history?constraint=:x'],
  ['GET', '/v1/jobs/:x'],
  ['GET', '/v1/jobs/:x/why'],
  ['GET', '/v1/jobs/:x/logs/stdout?offset=:x'],
  ['POST', '/v1/bidders/:x'],
  ['POST', '/v1/bidders/:x/pilots'],
  ['GET', '/v1/pilots'],
  ['POST', '/v1/pilots/:x/gone'],
  ['POST', '/v1/pilots/:x/drain'],
  ['PUT', '/v1/blobs/:x'],
  ['GET', '/v1/blobs/:x'],
  ['GET', '/metrics'],
] as const;

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
  const [method, path] = routes[Math.floor(random() * routes.length)] as (typeof routes)[number];
  const word = () => encodeURIComponent(random() < 0.3 ? '1.0' : oddText(random, text)).slice(0, 2000);
  const target = `${url}${path.replaceAll(':x', () => word())}`;
  const body = method === 'GET' ? null : oddBody(random, text);
  const answer = await request(target, {
    method,
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
