import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterIssuer } from '#spec/cluster-issuer.ts';
import { trustedIssuer } from '#spec/trusted-issuer.ts';
import { submitOf } from '#testing/ads.ts';
import { TestPool } from '#testing/test-pool.ts';
import { TokenIssuer } from '#testing/token-issuer.ts';
import { codeOf, sayBytes, upgrade } from '../soak/door-bytes.ts';

const audience = 'glidein.dev/pool/physics/main';
const iss = 'https://kubernetes.default.svc.cluster.local';
const wlcg = 'https://tokens.example.org';
const uid = '0b6f6f0e-8a5d-4a5e-9d0c-000000000001';
const account = (name: string) => ({ namespace: 'physics', account: name, pod: { name: 'g-1', uid } });
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = () => Math.floor(Date.now() / 1000);

describe('tokens at the doors of a pool', () => {
  let pool: TestPool;
  let here: TokenIssuer;
  let stranger: TokenIssuer;
  let people: TokenIssuer;

  beforeAll(async () => {
    pool = await TestPool.start();
    [here, stranger, people] = await Promise.all([
      TokenIssuer.make(iss),
      TokenIssuer.make(iss),
      TokenIssuer.make(wlcg, 'ES256'),
    ]);
    pool.core.authenticator.trust([
      clusterIssuer({
        site: 'here',
        issuer: iss,
        jwks: JSON.stringify(here.keys),
        audience,
        namespace: 'physics',
        operator: { namespace: 'glidein-system', name: 'glidein-operator' },
        pilot: 'glidein-pilot',
      }),
      trustedIssuer.parse({
        name: 'vo',
        issuer: wlcg,
        audiences: [audience],
        jwks: JSON.stringify(people.keys),
        roles: [{ claim: 'wlcg.groups', value: '/physics', role: 'Submitter' }],
      }),
    ]);
  });
  afterAll(() => pool.destroy());

  const pilotToken = (more: { audience?: string; now?: number; seconds?: number } = {}, by = here) =>
    by.serviceAccount(account('glidein-pilot'), { audience, now: seconds(), seconds: 600, ...more });
  const claims = () => ({
    iss,
    aud: [audience],
    sub: 'system:serviceaccount:physics:glidein-pilot',
    exp: seconds() + 600,
  });

  const bad: readonly (readonly [what: string, token: () => Promise<string> | string])[] = [
    [
      'another issuer',
      async () =>
        (await TokenIssuer.make('https://elsewhere')).serviceAccount(account('glidein-pilot'), {
          audience,
          now: seconds(),
          seconds: 600,
        }),
    ],
    ['the key of a stranger', () => pilotToken({}, stranger)],
    ['another audience', () => pilotToken({ audience: 'https://kubernetes.default.svc' })],
    ['its time over', () => pilotToken({ now: seconds() - 7200 })],
    ['its time not come', () => pilotToken({ now: seconds() + 3600 })],
    ['the algorithm none', () => `${encoded({ alg: 'none' })}.${encoded(claims())}.`],
    [
      'a public key as the secret of HS256',
      () => {
        const text = `${encoded({ alg: 'HS256', kid: here.keyId })}.${encoded(claims())}`;
        return `${text}.${createHmac('sha256', JSON.stringify(here.keys.keys[0])).update(text).digest('base64url')}`;
      },
    ],
    [
      "the issuer of the pool's own key and another key",
      () => here.sign({ iss: 'glidein-pool', sub: 'root', role: 'admin', exp: seconds() + 600 }),
    ],
    ['a changed signature', async () => (await pilotToken()).replace(/.{4}$/, 'AAAA')],
    [
      '16,000 characters',
      () => `${encoded({ alg: 'RS256' })}.${encoded({ ...claims(), x: 'x'.repeat(10_000) })}.AAAA`,
    ],
    ['no parts', () => 'token'],
  ];

  it.each(bad)('a token with %s is refused by HTTP and by WebSocket', async (_what, make) => {
    const token = await make();
    const answer = await fetch(`${pool.url}/v1/blobs/sha256:${'0'.repeat(64)}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect([answer.status, await answer.json()]).toEqual([
      401,
      expect.objectContaining({ code: 'Unauthenticated' }),
    ]);
    expect(codeOf((await sayBytes(pool.url, [upgrade(token)])).text)).toBe('Unauthenticated');
  });

  it('the token of a pod that is deleted, or that nobody has announced, opens nothing', async () => {
    const token = await pilotToken();
    const put = async () => {
      const answer = await fetch(`${pool.url}/v1/blobs/sha256:${'0'.repeat(64)}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return ((await answer.json()) as { code: string }).code;
    };
    const announce = (pilots: string[], ended: string[]) =>
      pool.core.bidders.announce('here', {
        session: 's',
        complete: ended.length === 0,
        pilots: pilots.map((each) => ({ uid: each, name: 'g-1', group: 'g', registered: false })),
        ended,
      });
    expect(await put()).toBe('Unavailable');
    announce([uid], []);
    // The pool knows the pilot now, and has no such file.
    expect(await put()).toBe('NotFound');
    announce([], [uid]);
    expect(await put()).toBe('Unavailable');
  });

  it('a token of the WLCG profile allows what its scopes name', async () => {
    const ask = async (scope: string | undefined, method: string, path: string, body?: object) => {
      const token = await people.sign({
        aud: audience,
        sub: 'alice',
        exp: seconds() + 600,
        'wlcg.ver': '1.0',
        'wlcg.groups': ['/physics'],
        ...(scope === undefined ? {} : { scope }),
      });
      const answer = await fetch(`${pool.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
      });
      await answer.text();
      return answer.status;
    };
    const act = (action: string) => ({ action, jobs: ['1.0'], reason: 'r' });
    expect(await ask('compute.read', 'POST', '/v1/jobs', submitOf())).toBe(403);
    expect(await ask('openid compute.create', 'POST', '/v1/jobs', submitOf())).toBe(200);
    expect(await ask('compute.create', 'GET', '/v1/jobs')).toBe(403);
    expect(await ask('compute.read', 'GET', '/v1/jobs')).toBe(200);
    expect(await ask('compute.cancel', 'POST', '/v1/jobs/actions', act('hold'))).toBe(403);
    expect(await ask('compute.modify', 'POST', '/v1/jobs/actions', act('hold'))).toBe(200);
    expect(await ask('compute.modify', 'POST', '/v1/jobs/actions', act('remove'))).toBe(403);
    expect(await ask('compute.cancel', 'POST', '/v1/jobs/actions', act('remove'))).toBe(200);
    expect(await ask(undefined, 'POST', '/v1/jobs', submitOf())).toBe(200);
  });
});
