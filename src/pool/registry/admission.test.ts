import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { PoolClient } from '#client/pool-client.ts';
import { clusterIssuer } from '#spec/cluster-issuer.ts';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { TokenIssuer } from '#testing/token-issuer.ts';
import { demandAnswer } from '#wire/bid.ts';
import type { ClaimRef } from '#wire/claim.ts';
import { submitAnswer } from '#wire/jobs.ts';

const iss = 'https://kubernetes.default.svc';
const audience = 'glidein.dev/pool/physics/main';

let here: TokenIssuer;
let there: TokenIssuer;
beforeAll(async () => {
  [here, there] = await Promise.all([TokenIssuer.make(iss), TokenIssuer.make(iss)]);
});

const entryOf = (site: string, issuer: TokenIssuer) =>
  clusterIssuer({
    site,
    issuer: iss,
    jwks: JSON.stringify(issuer.keys),
    audience,
    namespace: 'physics',
    operator: { namespace: 'system', name: 'operator' },
    pilot: 'glidein-pilot',
  });

let pool: TestPool;
const clients: PoolClient[] = [];
const trust = (...sites: (readonly [string, TokenIssuer])[]) =>
  pool.core.authenticator.trust(sites.map(([site, issuer]) => entryOf(site, issuer)));
const start = async (directory?: string) => {
  pool = await TestPool.start(directory === undefined ? {} : { directory });
  trust(['here', here], ['there', there]);
};
beforeEach(() => start());
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await pool.destroy();
});
afterAll(() => expect(clients).toEqual([]));

const now = () => Math.floor(Date.now() / 1000);
const pilotToken = (issuer: TokenIssuer, uid: string, seconds = 3600) =>
  issuer.serviceAccount(
    { namespace: 'physics', account: 'glidein-pilot', pod: { name: 'g-1', uid } },
    { audience, now: now(), seconds },
  );
const operatorOf = (issuer: TokenIssuer) => {
  const token = () =>
    issuer.serviceAccount(
      { namespace: 'system', account: 'operator' },
      { audience, now: now(), seconds: 60 },
    );
  const client = new PoolClient({ url: pool.url, token });
  clients.push(client);
  return client;
};
const announce = (issuer: TokenIssuer, site: string, ...uids: string[]) =>
  operatorOf(issuer).json(`/v1/bidders/${site}`, demandAnswer, {
    method: 'POST',
    json: {
      groups: [],
      pilots: uids.map((uid) => ({ uid, name: `g-${uid}`, group: 'g', registered: false })),
    },
  });
const open = async (issuer: TokenIssuer, uid: string, claims: ClaimRef[] = []) => {
  const pilot = await ScriptedPilot.open({ url: pool.url, token: await pilotToken(issuer, uid), uid });
  pilot.sayHello({ claims });
  return pilot;
};

describe('a pilot with a token of its cluster', () => {
  it('a pilot with a token of its cluster is told to try again until its operator has announced it, and is then who the operator says', async () => {
    const early = await open(here, 'u1');
    expect(await early.end()).toEqual({
      code: 1013,
      reason: 'the operator has not announced this pilot yet',
    });
    await announce(here, 'here', 'u1');
    const pilot = await ScriptedPilot.open({ url: pool.url, token: await pilotToken(here, 'u1'), uid: 'u1' });
    pilot.sayHello({ site: 'elsewhere', group: 'royal', name: 'somebody' });
    await pilot.next('welcome');
    expect(pool.core.collector.get('u1')?.facts).toMatchObject({ site: 'here', group: 'g', name: 'g-u1' });
    pilot.cut();
  });

  it('a pilot with a token of its cluster is neither announced nor taken over by another site', async () => {
    await announce(there, 'there', 'u1');
    expect((await (await open(here, 'u1')).end()).code).toBe(1013);
    await announce(here, 'here', 'u1');
    const mine = await open(here, 'u1');
    await mine.next('welcome');
    const theirs = await open(there, 'u1');
    expect(await theirs.end()).toEqual({ code: 1008, reason: 'the pilot belongs to another site' });
    expect(mine.ended).toBeUndefined();
    mine.cut();
  });

  it('a pilot comes back with its claims while its operator is away, also to a pool that has restarted', async () => {
    await announce(here, 'here', 'u1');
    const pilot = await open(here, 'u1');
    await pilot.next('welcome');
    await pool
      .client('submitter', 'alice')
      .json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf() });
    const job = await pilot.next('start');
    pilot.started(job);
    await announce(here, 'here');
    pilot.cut();
    const again = await open(here, 'u1', [job.claim]);
    await again.next('welcome');
    again.cut();
    for (const client of clients.splice(0)) await client.close();
    await pool.stop();
    await start(pool.directory);
    const later = await open(here, 'u1', [job.claim]);
    expect((await later.next('welcome')).drop).toEqual([]);
    const stranger = await open(there, 'u1');
    expect((await stranger.end()).reason).toBe('the pilot belongs to another site');
    later.cut();
  });

  it('a pilot keeps its claims when its site gets another name, and that site may report its death', async () => {
    await announce(here, 'here', 'u1');
    const pilot = await open(here, 'u1');
    await pilot.next('welcome');
    const alice = pool.client('submitter', 'alice');
    await alice.json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf() });
    const job = await pilot.next('start');
    pilot.started(job);
    trust(['renamed', here], ['there', there]);
    pilot.cut();
    // Its name alone is no site's: who knows it from its operator may take it back.
    expect((await (await open(there, 'u1', [job.claim])).end()).code).toBe(1013);
    await announce(here, 'renamed', 'u1');
    const again = await open(here, 'u1', [job.claim]);
    expect((await again.next('welcome')).drop).toEqual([]);
    expect(pool.core.collector.get('u1')?.facts).toMatchObject({ site: 'renamed', group: 'g' });
    again.cut();
    const lost = await announce(here, 'renamed');
    expect(lost.missing).toEqual(['u1']);
    const gone = await operatorOf(here).raw('/v1/pilots/u1/gone', {
      method: 'POST',
      json: { reason: 'dead' },
    });
    expect(await gone.body.json()).toEqual({ requeued: 1 });
  });

  it('a pilot that a restarted pool waits for is not taken for unregistered', async () => {
    await announce(here, 'here', 'u1');
    const pilot = await open(here, 'u1');
    await pilot.next('welcome');
    const alice = pool.client('submitter', 'alice');
    await alice.json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf() });
    pilot.started(await pilot.next('start'));
    pilot.cut();
    for (const client of clients.splice(0)) await client.close();
    await pool.stop();
    await start(pool.directory);
    const { pilots } = await announce(here, 'here', 'u1');
    const known = {
      uid: 'u1',
      name: 'g-u1',
      group: 'g',
      site: 'here',
      state: 'Busy',
      claims: 1,
      connected: false,
    };
    expect(pilots).toMatchObject([known]);
  });

  it('a pilot does not speak for another pilot', async () => {
    const pilot = await ScriptedPilot.open({ url: pool.url, token: await pilotToken(here, 'u1'), uid: 'u2' });
    pilot.sayHello();
    expect(await pilot.end()).toEqual({ code: 1008, reason: 'the token belongs to another pilot' });
  });
});

describe('an operator with a token of its cluster', () => {
  it('an operator with a token of its cluster speaks for its own site alone', async () => {
    await expect(announce(there, 'here', 'u1')).rejects.toMatchObject({ code: 'Forbidden' });
    await announce(here, 'here', 'u1');
    const pilot = await open(here, 'u1');
    await pilot.next('welcome');
    for (const what of ['gone', 'drain']) {
      const asked = operatorOf(there).raw(`/v1/pilots/u1/${what}`, {
        method: 'POST',
        json: { reason: 'war' },
      });
      await expect(asked).rejects.toEqual(
        new GlideinError('Forbidden', 'a token of the site there may not speak for here'),
      );
    }
    const drained = await operatorOf(here).raw('/v1/pilots/u1/drain', {
      method: 'POST',
      json: { reason: 'peace' },
    });
    await drained.body.dump();
    expect((await pilot.next('drain')).reason).toBe('peace');
    pilot.cut();
  });
});
