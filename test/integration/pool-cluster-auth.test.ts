import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { PilotLink } from '#client/pilot-link.ts';
import { PoolClient } from '#client/pool-client.ts';
import { clusterIssuer } from '#spec/cluster-issuer.ts';
import { createLogger } from '#telemetry/logger.ts';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { missingRuntime, testRuntime } from '#testing/pilot-process.ts';
import { PoolCommand } from '#testing/pool-command.ts';
import { TestAuthority } from '#testing/server-certificate.ts';
import { demandAnswer } from '#wire/bid.ts';
import { jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import { pilotsAnswer } from '#wire/pilots.ts';
import { protocolVersion } from '#wire/protocol.ts';
import { type ControlPlane, startControlPlane } from '../../hack/cluster/control-plane.mjs';

/** A pool behind TLS that trusts the service accounts of a real API server, and pilots with its tokens. */

const namespace = 'physics';
const audience = `glidein.dev/pool/${namespace}/main`;
const missing = await missingRuntime();

let plane: ControlPlane;
let agent: Agent;
let issuer: { readonly name: string; readonly jwks: string };
beforeAll(async () => {
  plane = await startControlPlane({ controllers: true });
  agent = new Agent({ connect: { ca: plane.ca } });
  await ask('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  for (const name of ['glidein-pilot', 'operator', 'alice'])
    await ask('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
  const [about, keys] = await Promise.all([
    ask('GET', '/.well-known/openid-configuration'),
    ask('GET', '/openid/v1/jwks'),
  ]);
  issuer = { name: String(about.issuer), jwks: JSON.stringify(keys) };
});
afterAll(async () => {
  await agent?.close();
  await plane?.stop();
});

async function ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Record<string, unknown>> {
  const answer = await request(`${plane.url}${path}`, {
    method,
    dispatcher: agent,
    headers: { authorization: `Bearer ${plane.token}`, 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const content = (await answer.body.json()) as Record<string, unknown>;
  if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(content)}`);
  return content;
}

/** A pod that no node runs; its token is real nevertheless. */
async function makePod(name: string): Promise<{ readonly name: string; readonly uid: string }> {
  const made = await ask('POST', `/api/v1/namespaces/${namespace}/pods`, {
    metadata: { name },
    spec: { serviceAccountName: 'glidein-pilot', containers: [{ name: 'pilot', image: 'none' }] },
  });
  return { name, uid: (made.metadata as { uid: string }).uid };
}

/** What the kubelet does for a projected token. */
async function tokenOf(
  account: string,
  pod?: { name: string; uid: string },
  audiences = [audience],
): Promise<string> {
  const boundObjectRef = pod && { apiVersion: 'v1', kind: 'Pod', ...pod };
  const made = await ask('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`, {
    spec: { audiences, expirationSeconds: 600, ...(boundObjectRef && { boundObjectRef }) },
  });
  return (made.status as { token: string }).token;
}

/** The same token for other times, signed with the API server's own key: the server itself issues none for less than ten minutes. */
async function atOtherTimes(token: string, from: number, until: number): Promise<string> {
  const key = createPrivateKey(await readFile(join(plane.dir, 'credentials', 'service-account.key')));
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now + from, nbf: now + from, exp: now + until };
  return new SignJWT({ ...decodeJwt(token), ...times })
    .setProtectedHeader({ alg: 'RS256', ...decodeProtectedHeader(token) })
    .sign(key);
}

let root: string;
let authority: TestAuthority;
let pool: PoolCommand;
let url: string;
const cleanups: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-cluster-auth-'));
  await Promise.all([mkdir(join(root, 'tls')), mkdir(join(root, 'pool'))]);
  authority = await TestAuthority.make();
  await authority.writeServer(join(root, 'tls'));
  await writeFile(join(root, 'ca.crt'), authority.certificate);
  const trusted = clusterIssuer({
    site: 'here',
    issuer: issuer.name,
    jwks: issuer.jwks,
    audience,
    namespace,
    operator: { namespace, name: 'operator' },
    pilot: 'glidein-pilot',
  });
  await writeFile(join(root, 'pool.json'), JSON.stringify({ issuers: [trusted] }));
  pool = await PoolCommand.start({
    directory: join(root, 'pool'),
    arguments: ['--tls-directory', join(root, 'tls'), '--spec', join(root, 'pool.json')],
  });
  url = pool.url.replace('127.0.0.1', 'localhost');
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  expect((await pool.end('SIGTERM')).code).toBe(0);
  await rm(root, { recursive: true, force: true });
});

const addressOf = (token: () => Promise<string>) => ({
  url,
  token,
  ca: () => readFile(join(root, 'ca.crt'), 'utf8'),
});

function client(account: string): PoolClient {
  const made = new PoolClient(addressOf(() => tokenOf(account)));
  cleanups.push(() => made.close());
  return made;
}

const announce = (...pods: { name: string; uid: string }[]) =>
  client('operator').json('/v1/bidders/here', demandAnswer, {
    method: 'POST',
    json: { groups: [], pilots: pods.map((pod) => ({ ...pod, group: 'g', registered: false })) },
  });

const pilots = async () => (await client('alice').json('/v1/pilots', pilotsAnswer)).pilots;

/** A link like that of a pilot, with what it received and logged. */
function link(uid: string, token: () => Promise<string>) {
  const stop = new AbortController();
  const heard: string[] = [];
  const lines: string[] = [];
  const made = new PilotLink({
    address: addressOf(token),
    hello: () => ({
      type: 'hello',
      protocol: protocolVersion,
      uid,
      name: 'whoever',
      group: 'royal',
      site: 'elsewhere',
      slot: slotTexts(),
      retireIn: 3600,
      draining: false,
      claims: [],
    }),
    clock: systemClock,
    random: () => 0,
    logger: createLogger('test', {
      level: 'info',
      destination: { write: (line: string) => void lines.push(line) },
    }),
    events: {
      welcome: () => heard.push('welcome'),
      message: () => {},
      unreadable: () => {},
      down: () => heard.push('down'),
    },
  });
  const ran = made.run(stop.signal);
  cleanups.push(async () => {
    stop.abort();
    await ran;
  });
  return { heard, log: () => lines.join('') };
}

describe('a pool that trusts a real API server', () => {
  it('registers a pilot under its own identity when its operator has announced it', async () => {
    const pod = await makePod('g-1');
    const token = await tokenOf('glidein-pilot', pod);
    const { heard, log } = link(pod.uid, async () => token);
    await expect.poll(log).toMatch(/the operator has not announced this pilot yet/);
    await announce(pod);
    await expect.poll(() => heard, { timeout: 30_000 }).toEqual(['welcome']);
    expect(await pilots()).toMatchObject([
      { uid: pod.uid, name: 'g-1', group: 'g', site: 'here', connected: true },
    ]);
    expect(log() + pool.log).not.toContain(token);
  });

  it('refuses tokens that are not meant for it, and says why', async () => {
    const [pod, other] = await Promise.all([makePod('r-1'), makePod('r-2')]);
    await announce(pod, other);
    const good = await tokenOf('glidein-pilot', pod);
    const refusals: [string, string, RegExp][] = [
      ['another pod', await tokenOf('glidein-pilot', other), /the token belongs to another pilot/],
      ['no pod', await tokenOf('glidein-pilot'), /403: the token has no claim kubernetes.io\/pod\/uid/],
      [
        'another audience',
        await tokenOf('glidein-pilot', pod, ['vault']),
        /401: the token is for another audience/,
      ],
      ['yesterday', await atOtherTimes(good, -4000, -400), /401: the token expired at/],
      ['another role', await tokenOf('alice'), /403: a token with the role submitter/],
      ['a forger', `${good.slice(0, -8)}AAAAAAAA`, /401: no key that this pool trusts/],
    ];
    for (const [, token, reason] of refusals) {
      const { log, heard } = link(pod.uid, async () => token);
      await expect.poll(log, { timeout: 10_000 }).toMatch(reason);
      expect(heard).toEqual([]);
    }
    expect(await pilots()).toEqual([]);
  });

  it('stops trusting it when the specification says so, and keeps the last valid specification', async () => {
    const alice = client('alice');
    await alice.json('/v1/pilots', pilotsAnswer);
    await writeFile(join(root, 'pool.json'), '{"issuers": [\n{}]}');
    await expect.poll(() => pool.log, { timeout: 20_000 }).toMatch(/new specification is invalid/);
    expect(pool.log).toContain('"line":2');
    await alice.json('/v1/pilots', pilotsAnswer);
    await writeFile(join(root, 'pool.json'), '{"issuers": []}');
    await expect
      .poll(
        () =>
          alice.json('/v1/pilots', pilotsAnswer).then(
            () => 'trusted',
            (error: Error) => error.message,
          ),
        { timeout: 20_000 },
      )
      .toBe('this pool does not trust the issuer of the token');
  });
});

/** The pilot as its pod runs it: the order has no uid, so a flag says it. */
async function startPilot(pod: { name: string; uid: string }, tokenFile: string) {
  const order = {
    name: pod.name,
    group: 'g',
    site: 'here',
    pool: { url, tokenFile, caFile: join(root, 'ca.crt') },
    directory: join(root, 'pilot'),
    cacheDirectory: join(root, 'cache'),
    apptainer: testRuntime.apptainer,
    spec: { cpus: 1, memory: '256Mi', disk: '1Gi', runtime: { images: { path: [testRuntime.images] } } },
  };
  await mkdir(order.directory);
  await writeFile(join(root, 'order.json'), JSON.stringify(order));
  const entry = join(import.meta.dirname, '../../src/bin/pilot.ts');
  const args = [
    '--order',
    join(root, 'order.json'),
    '--uid',
    pod.uid,
    '--termination-log',
    join(root, 'words'),
  ];
  const child: ChildProcess = spawn(process.execPath, [entry, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString('utf8');
  });
  const exit = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  cleanups.push(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return { child, exit, log: () => log };
}

describe.skipIf(missing !== undefined)(`a pilot in its pod${missing ? ` (${missing})` : ''}`, () => {
  it('goes on with its payload while its token is replaced, and reports why it ends', async () => {
    const pod = await makePod('p-1');
    await announce(pod);
    const fresh = await tokenOf('glidein-pilot', pod);
    const tokenFile = join(root, 'token');
    // Four fifths of its life are over, so the pilot looks for a newer one within the next tenth.
    await writeFile(tokenFile, await atOtherTimes(fresh, -160, 40));
    const pilot = await startPilot(pod, tokenFile);
    const alice = client('alice');
    const sleeper = submitOf(1, {
      Cmd: '"/bin/sh"',
      Arguments: `"-c 'sleep 10; echo done'"`,
      TransferExecutable: 'false',
      ContainerImage: '"hello"',
    });
    const { cluster } = await alice.json('/v1/jobs', submitAnswer, { method: 'POST', json: sleeper });
    const job = async () => (await alice.json(`/v1/jobs/${cluster}.0`, jobsAnswer)).jobs[0];
    await eventually(async () => expect((await job())?.ad).toMatchObject({ JobStatus: '2' }));
    await writeFile(`${tokenFile}.part`, fresh);
    await rename(`${tokenFile}.part`, tokenFile);
    // It says hello with the newer token, and once more if it has told the pool its end before it had read that token.
    const hellos = () => pilot.log().match(/"msg":"registered"/g)?.length;
    await expect.poll(hellos, { timeout: 30_000 }).toBeGreaterThan(1);
    await eventually(async () => expect((await job())?.ad).toMatchObject({ JobStatus: '4', ExitCode: '0' }));
    expect((await job())?.ad).toMatchObject({ NumJobStarts: '1' });
    expect(hellos()).toBeLessThan(4);
    expect(pilot.log()).not.toMatch(/lease expired|refuses/);
    pilot.child.kill('SIGTERM');
    expect(await pilot.exit).toBe(0);
    expect(await readFile(join(root, 'words'), 'utf8')).toBe('SIGTERM');
  });
});
