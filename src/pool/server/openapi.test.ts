import { createHash } from 'node:crypto';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import type { Role } from '#wire/role.ts';

interface Operation {
  readonly summary: string;
  readonly 'x-roles'?: readonly Role[];
  readonly responses: Readonly<Record<string, { content?: Record<string, { schema: object }> }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

const content = 'what a job reads';
const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** They answer no request; their messages have tests of their own. */
const sockets = ['get /v1/pilot', 'get /v1/jobs/{job}/session'];

describe('the OpenAPI document of a pool', () => {
  let pool: TestPool;
  let document: Document;
  let pilot: ScriptedPilot;
  const walked = new Set<string>();

  beforeAll(async () => {
    pool = await TestPool.start();
    document = (await (await fetch(`${pool.url}/v1/openapi.json`)).json()) as Document;
    pilot = await ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', 'u1'), uid: 'u1' });
  });
  afterAll(async () => {
    await pool.destroy();
  });

  /** Makes a request and validates its answer by what the document says of the route. */
  async function walk(role: Role, route: string, ask: { path?: string; body?: unknown } = {}) {
    const [method = '', template = ''] = route.split(' ');
    const operation = document.paths[template]?.[method.toLowerCase()];
    expect(operation, `${route} is in the document`).toBeDefined();
    expect(rolesOf(operation)).toContain(role);
    const answer = await request(`${pool.url}${ask.path ?? template}`, {
      method: method as 'GET',
      ...bodyOf(ask.body, await pool.token(role, role === 'pilot' ? 'u1' : 'alice')),
    });
    const text = await answer.body.text();
    const response = operation?.responses[answer.statusCode];
    expect(response, `${route} answered ${answer.statusCode} ${text}`).toBeDefined();
    check(document, response?.content?.['application/json'], text);
    walked.add(`${method.toLowerCase()} ${template}`);
    return { status: answer.statusCode, text };
  }

  it('describes the answer of every route, down to the last field', async () => {
    await walk('submitter', 'PUT /v1/blobs/{digest}', { path: `/v1/blobs/${digest}`, body: content });
    await walk('pilot', 'GET /v1/blobs/{digest}', { path: `/v1/blobs/${digest}` });
    await walk('submitter', 'HEAD /v1/blobs/{digest}', { path: `/v1/blobs/${digest}` });
    await walk('submitter', 'GET /v1/room', { path: '/v1/room?bytes=1' });
    await walk('submitter', 'POST /v1/jobs', { body: { ...submitOf(3), key: 'a key of its own' } });
    pilot.started(await pilot.next('start'));
    await walk('submitter', 'GET /v1/jobs');
    await walk('submitter', 'GET /v1/jobs/{job}', { path: '/v1/jobs/1.0' });
    const reading = walk('submitter', 'GET /v1/jobs/{job}/logs/{stream}', {
      path: '/v1/jobs/1.0/logs/stdout',
    });
    const { id } = await pilot.next('peek');
    await walk('pilot', 'PUT /v1/peeks/{id}', { path: `/v1/peeks/${id}`, body: 'printed so far' });
    expect((await reading).text).toBe('printed so far');
    await walk('submitter', 'POST /v1/jobs/actions', {
      body: { action: 'remove', jobs: ['1.2', '9.9'], reason: 'no longer needed' },
    });
    await walk('submitter', 'GET /v1/jobs/{job}/why', { path: '/v1/jobs/1.1/why' });
    await walk('submitter', 'GET /v1/events');
    await walk('operator', 'POST /v1/bidders/{site}', {
      path: '/v1/bidders/here',
      body: {
        groups: [{ name: 'g', template: slotTexts(), wanted: 1, decision: '', limits: [], phases: {} }],
        waitSeconds: 0,
      },
    });
    await walk('operator', 'POST /v1/bidders/{site}/pilots', {
      path: '/v1/bidders/here/pilots',
      body: { session: 's', complete: true, pilots: [], ended: [] },
    });
    await walk('submitter', 'GET /v1/pilots');
    await walk('submitter', 'GET /v1/slots');
    await walk('submitter', 'GET /v1/summary');
    await walk('submitter', 'GET /v1/userprio');
    await walk('admin', 'POST /v1/userprio', {
      body: { action: 'setFactor', user: 'alice', factor: 500 },
    });
    await walk('submitter', 'GET /v1/slots/{slot}/why', { path: '/v1/slots/slot1@pilot-u1/why' });
    await walk('operator', 'POST /v1/pilots/{uid}/drain', {
      path: '/v1/pilots/u1/drain',
      body: { reason: 'r' },
    });
    await walk('operator', 'DELETE /v1/pilots/{uid}/drain', { path: '/v1/pilots/u1/drain' });
    await walk('operator', 'POST /v1/pilots/{uid}/gone', {
      path: '/v1/pilots/u1/gone',
      body: { reason: 'r' },
    });
    await walk('submitter', 'GET /v1/history');
    await walk('admin', 'GET /v1/audit', { path: '/v1/audit?after=0' });
    await walk('admin', 'POST /v1/pool/backup');
    await walk('admin', 'GET /v1/pool/files');
    await walk('admin', 'POST /v1/pool/gc');
    for (const path of ['/healthz', '/readyz', '/metrics', '/v1/openapi.json'])
      await walk('operator', `GET ${path}`);

    const all = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect([...walked].sort()).toEqual(all.filter((route) => !sockets.includes(route)).sort());
  });

  it('says of every route what it does and who may use it, and a request of another role is refused', async () => {
    const roles: readonly Role[] = ['submitter', 'pilot', 'operator'];
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { summary, 'x-roles': allowed }] of Object.entries(methods)) {
        expect(summary, path).toMatch(/^[A-Z]/);
        const other = roles.find((role) => allowed !== undefined && !allowed.includes(role));
        if (other === undefined || sockets.includes(`get ${path}`)) continue;
        const answer = await request(`${pool.url}${path.replaceAll(/\{\w+\}/g, '1')}`, {
          method: method.toUpperCase() as 'GET',
          headers: { authorization: `Bearer ${await pool.token(other)}` },
        });
        expect(await answer.body.json(), `${other} ${method} ${path}`).toMatchObject({ code: 'Forbidden' });
      }
    }
  });
});

const rolesOf = (operation: Operation | undefined) => operation?.['x-roles'] ?? ['operator'];

function check(document: Document, json: { schema: object } | undefined, text: string): void {
  if (json !== undefined) schemaOf(document, json.schema).parse(JSON.parse(text));
}

/** A text is a file; anything else is sent as JSON. */
function bodyOf(body: unknown, token: string) {
  const headers = { authorization: `Bearer ${token}` };
  if (body === undefined) return { headers };
  if (typeof body === 'string')
    return { headers: { ...headers, 'content-type': 'application/octet-stream' }, body };
  return { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** Refuses fields that the document does not name, which readers ignore. */
function schemaOf({ components }: Document, schema: object): z.ZodType {
  const whole = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(whole);
    if (value === null || typeof value !== 'object') return value;
    if ('$ref' in value) return whole(components.schemas[String(value.$ref).split('/').at(-1) ?? '']);
    const all = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, whole(each)]));
    return all.type === 'object' && all.properties !== undefined
      ? { ...all, additionalProperties: false }
      : all;
  };
  return z.fromJSONSchema(whole(schema) as Parameters<typeof z.fromJSONSchema>[0]);
}
