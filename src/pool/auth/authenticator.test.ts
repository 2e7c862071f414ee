import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clusterIssuer } from '#spec/cluster-issuer.ts';
import { type TrustedIssuer, trustedIssuer } from '#spec/trusted-issuer.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { type PodClaims, TokenIssuer } from '#testing/token-issuer.ts';
import { Authenticator } from './authenticator.ts';
import { mintToken } from './tokens.ts';

const audience = 'glidein.dev/pool/physics/main';
const iss = 'https://kubernetes.default.svc.cluster.local';
const now = 1_800_000_000;
const pod = { name: 'g-1', uid: '0b6f6f0e-8a5d-4a5e-9d0c-000000000001' };
const pilotPod: PodClaims = { namespace: 'physics', account: 'glidein-pilot', pod };
const key = randomBytes(32);

let here: TokenIssuer;
let there: TokenIssuer;
let stranger: TokenIssuer;
beforeAll(async () => {
  [here, there, stranger] = await Promise.all([
    TokenIssuer.make(iss),
    TokenIssuer.make(iss, 'ES256'),
    TokenIssuer.make(iss),
  ]);
});

const cluster = (site: string, issuer: TokenIssuer): TrustedIssuer =>
  clusterIssuer({
    site,
    issuer: iss,
    jwks: JSON.stringify(issuer.keys),
    audience,
    namespace: 'physics',
    operator: { namespace: 'glidein-system', name: 'glidein-operator' },
    pilot: 'glidein-pilot',
  });

let clock: ManualClock;
let authenticator: Authenticator;
beforeEach(() => {
  clock = new ManualClock(now * 1000);
  authenticator = new Authenticator({ key, clock });
  authenticator.trust([cluster('here', here), cluster('there', there)]);
});

const verify = (token: string) => authenticator.verify(`Bearer ${token}`);
const account = (who: PodClaims, more: { audience?: string; now?: number; seconds?: number } = {}) =>
  here.serviceAccount(who, { audience, now, seconds: 3600, ...more });
const refused = (message: RegExp, code = 'Unauthenticated') =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('tokens of service accounts', () => {
  it("a pilot's token identifies it by the uid of its pod", async () => {
    expect(await verify(await account(pilotPod))).toEqual({
      subject: pod.uid,
      role: 'pilot',
      site: 'here',
      expiresAt: (now + 3600 + 30) * 1000,
    });
  });

  it('the operator and the other accounts of the namespace get their roles', async () => {
    const operator = { namespace: 'glidein-system', account: 'glidein-operator' };
    expect(await verify(await account(operator))).toMatchObject({ role: 'operator', site: 'here' });
    const alice = { namespace: 'physics', account: 'alice' };
    expect(await verify(await account(alice))).toMatchObject({ role: 'submitter', subject: 'physics:alice' });
  });

  it('two clusters with the same issuer name are told apart by their keys', async () => {
    const theirs = await there.serviceAccount(pilotPod, { audience, now, seconds: 600 });
    expect(await verify(theirs)).toMatchObject({ site: 'there', subject: pod.uid });
    // Even when both keys have one name.
    const twin = await TokenIssuer.make(iss, 'RS256', here.keyId);
    authenticator.trust([cluster('here', here), cluster('twin', twin)]);
    const token = await twin.serviceAccount(pilotPod, { audience, now, seconds: 600 });
    expect(await verify(token)).toMatchObject({ site: 'twin' });
    expect(await verify(await account(pilotPod))).toMatchObject({ site: 'here' });
  });

  it.each([
    ['another audience', () => account(pilotPod, { audience: 'https://kubernetes.default.svc' }), /audience/],
    ['one that is over', () => account(pilotPod, { now: now - 3631 }), /expired at 2027-01-15T07:59:29/],
    ['one for later', () => account(pilotPod, { now: now + 31 }), /not valid yet/],
    [
      'a key that nobody trusts',
      () => stranger.serviceAccount(pilotPod, { audience, now, seconds: 60 }),
      /no key/,
    ],
    ['one without an end', () => here.sign({ aud: audience, sub: 'a' }), /claim exp/],
    ['an issuer that nobody trusts', () => here.sign({ iss: 'https://evil', aud: audience }), /issuer/],
    ['one without an audience', () => here.sign({ sub: 'a', exp: now + 60 }), /audience/],
  ])("a service account's token is refused: %s", async (_what, token, message) => {
    await expect(verify(await token())).rejects.toEqual(refused(message));
  });

  it.each([
    [
      'a pilot’s that is bound to no pod',
      { namespace: 'physics', account: 'glidein-pilot' },
      /kubernetes.io\/pod\/uid/,
    ],
    ['those of another namespace', { namespace: 'chemistry', account: 'alice' }, /no rule/],
    ['a pilot’s of another namespace', { ...pilotPod, namespace: 'chemistry' }, /no rule/],
  ])("a service account's token gets no role: %s", async (_what, who, message) => {
    await expect(verify(await account(who))).rejects.toEqual(refused(message, 'Forbidden'));
  });

  it('an expired token is accepted within the leeway of 30 s, and not later', async () => {
    const token = await account(pilotPod, { seconds: 60 });
    clock.advance(89_000);
    await verify(token);
    clock.advance(1_000);
    await expect(verify(token)).rejects.toEqual(refused(/expired at/));
    await verify(await account(pilotPod, { now: now + 90 + 30 }));
  });

  it('tokens are refused once their issuer is no longer trusted', async () => {
    const token = await account(pilotPod);
    await verify(token);
    authenticator.trust([cluster('there', there)]);
    await expect(verify(token)).rejects.toEqual(refused(/no key/));
  });

  it('malformed keys of an issuer leave the trusted issuers as they were', async () => {
    const token = await account(pilotPod);
    expect(() => authenticator.trust([{ ...cluster('here', here), jwks: '{"keys":7}' }])).toThrow(
      /JSON Web Key Set/,
    );
    expect(await verify(token)).toMatchObject({ site: 'here' });
  });

  it("tokens signed by the pool's own key are accepted as well, and speak for no site", async () => {
    const own = await mintToken(key, { subject: 'root', role: 'admin' }, 60);
    const bearer = await verify(own);
    expect(bearer).toMatchObject({ subject: 'root', role: 'admin' });
    expect(bearer.site).toBeUndefined();
    // Nobody else is the pool's own issuer.
    await expect(
      verify(await here.sign({ iss: 'glidein-pool', sub: 'x', role: 'admin', exp: now + 60 })),
    ).rejects.toEqual(refused(/not valid here/));
  });
});

describe('tokens of experiments', () => {
  const wlcg = (more: Partial<TrustedIssuer> = {}): TrustedIssuer =>
    trustedIssuer.parse({
      name: 'wlcg',
      issuer: 'https://cms-auth.web.cern.ch/',
      audiences: ['https://wlcg.cern.ch/jwt/v1/any'],
      jwks: JSON.stringify(there.keys),
      roles: [
        { claim: 'wlcg.groups', value: '/cms/admins', role: 'Admin' },
        { claim: 'scope', value: 'compute.create', role: 'Submitter', user: '{sub}/{wlcg.ver}@cms' },
        { claim: 'scope', value: 'compute.read', role: 'Submitter' },
      ],
      ...more,
    });
  const sign = (claims: Record<string, unknown>) =>
    there.sign({
      iss: 'https://cms-auth.web.cern.ch/',
      aud: 'https://wlcg.cern.ch/jwt/v1/any',
      sub: 'bockjoo',
      exp: now + 600,
      'wlcg.ver': '1.0',
      ...claims,
    });

  it('a bearer gets the role and the name of the first rule that matches', async () => {
    authenticator.trust([wlcg()]);
    const both = { scope: 'openid compute.read compute.create', 'wlcg.groups': ['/cms'] };
    expect(await verify(await sign(both))).toMatchObject({ role: 'submitter', subject: 'bockjoo/1.0@cms' });
    const admin = { ...both, 'wlcg.groups': ['/cms', '/cms/admins'] };
    expect(await verify(await sign(admin))).toMatchObject({ role: 'admin', subject: 'bockjoo@wlcg' });
  });

  it.each([
    ['a scope that only begins so', { scope: 'compute.creates' }],
    ['no scope', {}],
    ['a group as part of a text', { 'wlcg.groups': '/cms/admins /cms' }],
    ['a group that is not a text', { 'wlcg.groups': { '/cms/admins': true } }],
  ])('a bearer gets no role: %s', async (_what, claims) => {
    authenticator.trust([wlcg()]);
    await expect(verify(await sign(claims))).rejects.toEqual(refused(/no rule/, 'Forbidden'));
  });

  it('a token whose name is unfit for logs and ads is refused', async () => {
    authenticator.trust([wlcg()]);
    const token = await sign({ sub: 'a\nb', scope: 'compute.read' });
    await expect(verify(token)).rejects.toEqual(refused(/not valid here/));
  });

  it('the keys of an issuer are discovered from its address, and fetched once', async () => {
    const asked: string[] = [];
    let away = false;
    const fetch = async (url: string) => {
      asked.push(url);
      if (away) throw new TypeError('fetch failed');
      const discovery = {
        issuer: 'https://cms-auth.web.cern.ch/',
        jwks_uri: 'https://cms-auth.web.cern.ch/jwk',
      };
      return Response.json(url.endsWith('/jwk') ? there.keys : discovery);
    };
    authenticator = new Authenticator({ key, clock, fetch });
    const { jwks: _, ...entry } = wlcg();
    authenticator.trust([entry]);
    const token = await sign({ scope: 'compute.read' });
    away = true;
    await expect(verify(token)).rejects.toEqual(refused(/cannot fetch the keys/, 'Unavailable'));
    away = false;
    await verify(token);
    await verify(await sign({ scope: 'compute.create' }));
    expect(asked.slice(1)).toEqual([
      'https://cms-auth.web.cern.ch/.well-known/openid-configuration',
      'https://cms-auth.web.cern.ch/jwk',
    ]);
  });
});

describe('entries of trusted issuers', () => {
  const entry = {
    name: 'lab',
    issuer: 'https://tokens.example/',
    audiences: ['pool'],
    roles: [{ claim: 'scope', value: 'compute.create', role: 'Submitter' }],
  };
  const sign = () =>
    there.sign({ iss: entry.issuer, aud: 'pool', sub: 'ada', scope: 'compute.create', exp: now + 600 });

  it("the issuer's user names the bearer if the rule does not", async () => {
    const jwks = JSON.stringify(there.keys);
    authenticator.trust([trustedIssuer.parse({ ...entry, jwks })]);
    expect(await verify(await sign())).toMatchObject({ subject: 'ada@lab' });
    authenticator.trust([trustedIssuer.parse({ ...entry, jwks, user: '{sub}/lab' })]);
    expect(await verify(await sign())).toMatchObject({ subject: 'ada/lab' });
  });

  it("keys are fetched from the issuer's jwksUrl and from nowhere else", async () => {
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      return Response.json(there.keys);
    };
    authenticator = new Authenticator({ key, clock, fetch });
    authenticator.trust([trustedIssuer.parse({ ...entry, jwksUrl: 'https://keys.example/jwks' })]);
    await verify(await sign());
    expect(asked).toEqual(['https://keys.example/jwks']);
  });

  it('an issuer accepts tokens for its own audiences only', async () => {
    const jwks = JSON.stringify(there.keys);
    for (const other of [{ issuer: 'https://other.example/' }, { audiences: ['elsewhere'] }]) {
      authenticator.trust([trustedIssuer.parse({ ...entry, jwks, ...other })]);
      await expect(verify(await sign())).rejects.toMatchObject({ code: 'Unauthenticated' });
    }
  });
});

describe('forged tokens', () => {
  it('a token that was changed in any place is refused, even after the original was accepted', async () => {
    const token = await account(pilotPod);
    await verify(token);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom('A', 'Q', 'g', 'w', '_', '-', '.', '9', ' '),
        async (at, character) => {
          // The last character of a part carries bits that are not read.
          const parts = token.split('.').map(({ length }) => length);
          const ends = [parts[0]! - 1, parts[0]! + parts[1]!, token.length - 1];
          fc.pre(token[at] !== character && !ends.includes(at));
          const changed = token.slice(0, at) + character + token.slice(at + 1);
          await expect(verify(changed)).rejects.toMatchObject({ code: 'Unauthenticated' });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('a token that is unsigned, or signed with another key or with the public key as a secret, is refused', async () => {
    const claim = fc.constantFrom<unknown>(
      audience,
      [audience],
      iss,
      'system:serviceaccount:physics:glidein-pilot',
      now + 60,
      'admin',
      null,
      {},
    );
    const claims = fc.dictionary(
      fc.constantFrom('iss', 'aud', 'sub', 'exp', 'nbf', 'role', 'kubernetes.io'),
      claim,
    );
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    await fc.assert(
      fc.asyncProperty(claims, fc.constantFrom('none', 'HS256', 'RS256'), async (said, alg) => {
        const body = {
          aud: audience,
          sub: 'system:serviceaccount:physics:alice',
          exp: now + 60,
          iss,
          ...said,
        };
        const forged =
          alg === 'RS256'
            ? await stranger.sign(body, { kid: here.keyId, jwk: stranger.keys.keys[0] })
            : `${part({ alg, kid: here.keyId })}.${part(body)}.${alg === 'none' ? '' : part('x')}`;
        await expect(verify(forged)).rejects.toMatchObject({ code: 'Unauthenticated' });
      }),
      { numRuns: 200 },
    );
  });

  it('a token for another time or another audience is refused', async () => {
    const life = fc.record({
      start: fc.integer({ min: -7200, max: 7200 }),
      seconds: fc.integer({ min: 1, max: 7200 }),
    });
    await fc.assert(
      fc.asyncProperty(life, fc.constantFrom(audience, `${audience}2`), async ({ start, seconds }, aud) => {
        const token = await account(pilotPod, { audience: aud, now: now + start, seconds });
        const good = aud === audience && start <= 30 && start + seconds > -30;
        const passed = await verify(token).then(
          () => true,
          () => false,
        );
        expect(passed).toBe(good);
      }),
      { numRuns: 100 },
    );
  });
});
