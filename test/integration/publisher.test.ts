import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOfToken } from '#telemetry/scrape-token.ts';
import { ImageRegistry } from '#testing/image-registry.ts';
import { publisherKills } from '#testing/publisher-kills.ts';
import { PublisherProcess } from '#testing/publisher-process.ts';
import { randomOf } from '#testing/random-of.ts';

/** What only a publisher as a process shows. */

let registry: ImageRegistry;
let root: string;
let publisher: PublisherProcess | undefined;
beforeAll(async () => {
  registry = await ImageRegistry.start();
  await registry.push('org/name:1', [{ x: '1' }]);
});
afterAll(() => registry.stop());
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-publisher-'));
});
afterEach(async () => {
  await publisher?.end();
  await rm(root, { recursive: true, force: true });
});

const named = (name: string) => `${registry.host}/${name}`;
async function start(words: readonly string[] = [], more = {}): Promise<PublisherProcess> {
  await PublisherProcess.write(root, { images: [{ reference: named('org/name:1') }], ...more });
  publisher = PublisherProcess.start(root, words);
  return publisher;
}
const live = (path = join(root, 'images')) =>
  expect.poll(() => existsSync(join(path, registry.host, 'org/name:1/x'))).toBe(true);

it('--directory is where a publisher puts the images of its --spec, which it reads again when it changes', async () => {
  const { directory } = await start();
  await live();
  await registry.push('org/other:1', [{ x: '2' }]);
  await writeFile(join(root, 'set.json'), '{"images": 1}');
  await expect.poll(async () => (await publisher?.status())?.specProblem).toContain('images:');
  await PublisherProcess.write(root, { images: [{ reference: named('org/other:1') }] });
  await expect.poll(() => existsSync(join(directory, registry.host, 'org/other:1/x'))).toBe(true);
});

it('--name, --state and --layers are the name of a set, where its status is, and where its layers are', async () => {
  const state = join(root, 'state');
  const layers = join(root, 'layers');
  await start(['--name', 'ours', '--state', state, '--layers', layers]);
  await live();
  await expect.poll(async () => await readdir(join(state, 'sets'))).toContain('ours.json');
  expect(await readdir(join(layers, 'ours/sha256'))).toHaveLength(2);
  expect(existsSync(join(root, 'images/.publisher'))).toBe(false);
});

it('a directory in which a publisher cannot write is named, with the reason and the cure', async () => {
  await writeFile(join(root, 'images'), '');
  const { child } = await start();
  const [code] = await once(child, 'exit');
  expect(code).toBe(10);
  expect(publisher?.log).toMatch(
    /^glidein-publisher: the directory \/.*\/images\/.publisher cannot be made: part of its path is not a directory; a volume of images must belong to group 1000/,
  );
});

it('--log-level keeps less severe lines out of the log', async () => {
  const quiet = await start(['--log-level', 'warn']);
  await live();
  await quiet.end();
  expect(quiet.log).toBe('');
});

it('--apptainer is what tries images before they are published', async () => {
  const apptainer = join(root, 'apptainer');
  await writeFile(apptainer, '#!/bin/sh\necho "$@" >&2\nexit 3\n');
  await chmod(apptainer, 0o755);
  await start(['--apptainer', apptainer], { smokeTest: { command: ['/bin/true'] } });
  const failure = async () => (await publisher?.status())?.images[0]?.failure;
  await expect.poll(failure).toMatchObject({ code: 'RuntimeFailed' });
  expect((await failure())?.reason).toMatch(
    /^its trial ended with exit code 3: --silent exec --userns --containall .*\/\.staging\/.* \/bin\/true$/,
  );
});

it('--credentials are shown to registries that ask for them', async () => {
  const secrets = join(root, 'secrets/harbor');
  await mkdir(secrets, { recursive: true });
  const auth = Buffer.from('ada:secret').toString('base64');
  await writeFile(
    join(secrets, '.dockerconfigjson'),
    JSON.stringify({ auths: { [registry.host]: { auth } } }),
  );
  registry.answer = (request, response) => {
    if (request.headers.authorization === `Basic ${auth}`) return false;
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    return true;
  };
  await start(['--credentials', join(root, 'secrets')]);
  await live();
  registry.answer = () => false;
});

describe('with --token-file', () => {
  it('--metrics-tokens has digests of tokens that open the metrics, and nothing else', async () => {
    const file = join(root, 'metrics-tokens');
    await writeFile(join(root, 'token'), 'secret\n');
    await writeFile(file, `${digestOfToken('prometheus')}\n`);
    await start(['--token-file', join(root, 'token'), '--port', '0', '--metrics-tokens', file]);
    await live();
    const url = await readFile(join(root, 'images/.publisher/url'), 'utf8');
    const ask = async (path: string, token: string) => {
      const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
      await answer.body?.cancel();
      return answer.status;
    };
    expect(await ask('/metrics', 'prometheus')).toBe(200);
    expect(await ask('/metrics', 'secret')).toBe(200);
    expect(await ask('/metrics', 'guess')).toBe(401);
    expect(await ask('/v1/status', 'prometheus')).toBe(401);
  });

  it('--host and --port are where a publisher answers those who have the token', async () => {
    await writeFile(join(root, 'token'), 'secret\n');
    await start(['--token-file', join(root, 'token'), '--host', '127.0.0.2', '--port', '0']);
    await live();
    const url = await readFile(join(root, 'images/.publisher/url'), 'utf8');
    expect(url).toMatch(/^http:\/\/127\.0\.0\.2:\d+$/);
    const ask = (path: string, token = 'secret', init: RequestInit = {}) =>
      fetch(`${url}${path}`, {
        ...init,
        headers: {
          authorization: `Bearer ${token}`,
          ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
      });
    expect((await ask('/readyz', '')).status).toBe(200);
    expect((await ask('/v1/status', 'guess')).status).toBe(401);
    await expect
      .poll(async () => (await (await ask('/v1/status')).json()) as object)
      .toMatchObject({ set: 'images', counts: { tags: 1, published: 1 } });
    expect(await (await ask('/metrics')).text()).toContain('glidein_images{state="published"} 1');
    const lease = { digests: [`sha256:${'0'.repeat(64)}`], until: '2099-01-01T00:00:00Z' };
    const put = (body: object) =>
      ask('/v1/leases/site-1', 'secret', { method: 'PUT', body: JSON.stringify(body) });
    expect((await put(lease)).status).toBe(204);
    expect((await put({ digests: ['x'] })).status).toBe(400);
    const file = join(root, 'images/.publisher/leases/site-1.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(lease);
    expect((await ask('/v1/leases/..%2Fx', 'secret', { method: 'DELETE' })).status).toBe(400);
    expect((await ask('/v1/leases/site-1', 'secret', { method: 'DELETE' })).status).toBe(204);
    expect(existsSync(file)).toBe(false);
  });
});

it('a publisher that is killed at any moment leaves no name that leads to half an image', async () => {
  const report = await publisherKills({ times: 4, random: randomOf(15), log: () => undefined });
  expect(report).toMatchObject({ kills: 4, wrong: [] });
  expect(report.verified).toBeGreaterThan(0);
}, 120_000);
