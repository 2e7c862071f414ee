// This file is long because it is one table: every way in which an image can do harm, and what makes one of each.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { layerOf, sha256, type TestEntry } from '../image-layers.ts';
import type { ImageRegistry, PushOptions } from '../image-registry.ts';
import { manyEntries } from './many-entries.ts';

/** What a hostile registry answers with. @returns whether it has answered */
type HostileAnswer = (request: IncomingMessage, response: ServerResponse, registry: ImageRegistry) => boolean;

/** One way in which an image, or its registry, can do harm. */
export interface HostileKind {
  /** Puts an image under a name; each `seed` makes another one. */
  readonly push: (registry: ImageRegistry, name: string, seed: number) => Promise<unknown>;
  /** Answers requests for its repository; what the registry has is sent if it does not. */
  readonly answer?: HostileAnswer;
  /** What its failure says; undefined: it does no harm, and is live. */
  readonly reason?: RegExp;
  /** The tag of the set that names it; 1 if absent. */
  readonly tag?: string;
  /** Takes long or much: there is one of it, and none in a sample of seconds. */
  readonly isLong?: true;
}

type Entries = readonly (readonly [string, TestEntry])[];

const mebibyte = 2 ** 20;

/** Bytes that no compression makes shorter; another seed gives others. */
export function noise(bytes: number, seed: number): Buffer {
  const words = new Uint32Array(bytes / 4);
  let state = seed + 1;
  for (let at = 0; at < words.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    words[at] = state ^ (state >>> 13);
  }
  return Buffer.from(words.buffer);
}

const image =
  (entries: (seed: number) => Entries, options: PushOptions = {}) =>
  async (registry: ImageRegistry, name: string, seed: number) =>
    await registry.push(name, [await layerOf([...entries(seed), ['name', name]])], options);

/** An image of one layer that is the same for all of its kind, and made once. */
function sameLayer(make: () => Buffer | Promise<Buffer>, options: PushOptions = {}) {
  let layer: Promise<Buffer> | undefined;
  return async (registry: ImageRegistry, name: string, seed: number) => {
    layer ??= Promise.resolve(make());
    await registry.push(name, [await layer], { ...options, config: { Labels: { seed: String(seed) } } });
  };
}

/** An image whose manifest is something else. */
const manifest =
  (text: (seed: number) => string) => async (registry: ImageRegistry, name: string, seed: number) => {
    registry.manifests.set(name, Buffer.from(text(seed)));
  };

/** An image with another configuration. */
const configuration =
  (text: (seed: number) => string) => async (registry: ImageRegistry, name: string, seed: number) => {
    await registry.push(name, [{ x: String(seed) }]);
    const config = Buffer.from(text(seed));
    registry.blobs.set(sha256(config), config);
    const body = JSON.parse(registry.manifests.get(name)?.toString() ?? '') as object;
    const changed = { ...body, config: { mediaType: 'x', digest: sha256(config), size: config.length } };
    registry.manifests.set(name, Buffer.from(JSON.stringify(changed)));
  };

const harmless = image(() => [['x', 'x']]);

const blobs: (
  answer: (response: ServerResponse, url: string, registry: ImageRegistry) => void,
) => HostileAnswer =
  (answer) =>
  ({ url = '' }, response, registry) => {
    if (!url.includes('/blobs/')) return false;
    answer(response, url, registry);
    return true;
  };

const always: (answer: (response: ServerResponse, url: string) => void) => HostileAnswer =
  (answer) =>
  ({ url = '' }, response) => {
    answer(response, url);
    return true;
  };

/** Sends the same again and again for as long as somebody reads it. */
function endless(response: ServerResponse, text: string, pause: number): void {
  const timer = setInterval(() => response.write(text), pause);
  response.once('close', () => clearInterval(timer));
}

const challenge = (
  response: ServerResponse,
  { host = '' }: IncomingMessage['headers'],
  path: string,
): void => {
  response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}${path}"` }).end();
};

/** Asks for a token, which `answer` gives. */
const tokens: (answer: (response: ServerResponse) => void) => HostileAnswer =
  (answer) =>
  ({ url = '', headers }, response) => {
    if (url.endsWith('/proof') || url.includes('/proof?')) answer(response);
    else challenge(response, headers, `${url.replace(/\/(manifests|blobs|tags)\/.*/, '')}/proof`);
    return true;
  };

const link = (linkname: string): TestEntry => ({ type: 'link', linkname });
const symlink = (linkname: string): TestEntry => ({ type: 'symlink', linkname });
const none = '{"rootfs":{"diff_ids":[]},';

/** All kinds, by their names. */
export const hostileKinds: Readonly<Record<string, HostileKind>> = {
  // Paths and links.
  escape: { push: image(() => [['../x', '1']]), reason: /leads out of the image: \.\.\/x/ },
  absolute: { push: image(() => [['/etc/motd', '1']]) },
  'hard-link-out': { push: image(() => [['x', link('../../etc/passwd')]]), reason: /leads out of the image/ },
  'hard-link-to-nothing': {
    push: image(() => [['x', link('etc/shadow')]]),
    reason: /is no file of the image/,
  },
  'hard-link-to-directory': {
    push: image(() => [
      ['d/', ''],
      ['x', link('d')],
    ]),
    reason: /is no file of the image/,
  },
  'hard-links': {
    push: image(() => [
      ['x', '1'],
      ...Array.from({ length: 70_000 }, (_, at) => [`l${at}`, link('x')] as const),
    ]),
    reason: /more names than a file system takes|not published within/,
    isLong: true,
  },
  'link-out': {
    push: image(() => [
      ['out', symlink('../../../../../../../tmp')],
      ['out/glidein-escaped', 'x'],
    ]),
  },
  'link-circle': {
    push: image(() => [
      ['a', symlink('b')],
      ['b', symlink('a')],
      ['a/x', '1'],
    ]),
    reason: /circle/,
  },
  'link-long': { push: image(() => [['a', symlink('x/'.repeat(3000))]]), reason: /no file system takes/ },
  'link-empty': {
    push: image(() => [['a', { type: 'symlink', linkname: 'b', pax: { linkpath: '' } }]]),
    reason: /no file system takes/,
  },
  'below-file': {
    push: image(() => [
      ['a', '1'],
      ['a/b', '2'],
    ]),
    reason: /below a file/,
  },
  'name-long': { push: image(() => [['n'.repeat(300), '1']]), reason: /no file system takes/ },
  'path-long': { push: image(() => [[`${'n/'.repeat(2000)}x`, '1']]), reason: /more than 3000 bytes/ },
  'path-steep': {
    push: image(() => [[`${'d/'.repeat(1000)}x`, '1']]),
    reason: /directories within each other/,
  },
  'path-deep': {
    push: sameLayer(() =>
      layerOf(Array.from({ length: 4000 }, (_, at) => [`${at}/${'d/'.repeat(250)}x`, ''] as const)),
    ),
    reason: /more than \d+ entries|are to stay free|of memory|not published within/,
    isLong: true,
  },
  devices: { push: image(() => [['dev/sda', { type: 'block-device', devmajor: 8 }]]) },
  // Bombs.
  'bomb-gzip': {
    push: sameLayer(() => layerOf({ zeros: '0'.repeat(96 * mebibyte) })),
    reason: /bytes of files/,
  },
  'bomb-zstd': {
    push: sameLayer(() => layerOf({ zeros: '0'.repeat(96 * mebibyte) }), { compression: 'zstd' }),
    reason: /bytes of files/,
  },
  'bomb-window': {
    push: sameLayer(() => layerOf({ zeros: '0'.repeat(60 * mebibyte) }), { compression: 'zstdLong' }),
    reason: /needs more memory to be unpacked/,
  },
  'bomb-behind': {
    push: sameLayer(() => Buffer.concat([Buffer.alloc(mebibyte), Buffer.alloc(2 ** 28, '0')])),
    reason: /can be unpacked|more than \d+ bytes/,
    isLong: true,
  },
  'bomb-sparse': {
    push: image(() => [
      ['x', { content: '', pax: { 'GNU.sparse.major': '1', 'GNU.sparse.realsize': '1e15' } }],
    ]),
    reason: /sparse file/,
  },
  'size-lie': {
    push: image(() => [['x', { type: 'symlink', linkname: 'y', pax: { size: '1000000000000' } }]]),
    reason: /bytes of files/,
  },
  entries: {
    push: sameLayer(() => manyEntries(400_000)),
    reason: /more than \d+ entries|of memory|not published within/,
    isLong: true,
  },
  whiteouts: {
    push: sameLayer(() => manyEntries(1_100_000, '.wh.f')),
    reason: /more than \d+ entries|are to stay free|not published within/,
    isLong: true,
  },
  'headers-of-entries': {
    push: sameLayer(() =>
      layerOf(
        Array.from(
          { length: 40 },
          (_, at) => [`x${at}`, { content: '', pax: { comment: 'c'.repeat(4_000_000) } }] as const,
        ),
      ),
    ),
    isLong: true,
  },
  'header-too-long': {
    push: sameLayer(() => layerOf([['x', { content: '', pax: { comment: 'c'.repeat(5_000_000) } }]])),
    reason: /can be unpacked/,
  },
  labels: {
    push: (registry, name, seed) =>
      registry.push(name, [{ x: String(seed) }], { config: { Labels: { big: 'x'.repeat(2 ** 22) } } }),
  },
  // Blobs.
  digest: {
    push: image((seed) => [['x', noise(4096, seed).toString('hex')]]),
    answer: blobs((response) => response.writeHead(200).end('another')),
    reason: /wrong blob|does not arrive/,
  },
  longer: {
    push: harmless,
    answer: blobs((response) => response.writeHead(200).end('x'.repeat(100_000))),
    reason: /wrong blob/,
  },
  truncated: {
    push: harmless,
    answer: blobs((response) => response.writeHead(200).write('a', () => response.destroy())),
    reason: /does not arrive/,
  },
  drip: {
    push: harmless,
    answer: blobs((response) => endless(response.writeHead(200), 'x', 500)),
    reason: /not published within|wrong blob|does not arrive/,
    isLong: true,
  },
  silence: {
    push: harmless,
    answer: always(() => undefined),
    reason: /does not answer within/,
    isLong: true,
  },
  redirects: {
    push: harmless,
    answer: always((response, url) => response.writeHead(307, { location: `${url}x` }).end()),
    reason: /redirects more than 5 times/,
  },
  'redirect-elsewhere': {
    push: harmless,
    answer: always((response) => response.writeHead(307, { location: 'file:///etc/passwd' }).end()),
    reason: /no URL of HTTP/,
  },
  'no-archive': {
    push: async (registry, name, seed) => registry.push(name, [noise(4096, seed)]),
    reason: /can be unpacked/,
  },
  errors: {
    push: harmless,
    answer: always((response) => response.writeHead(503).end()),
    reason: /answers 503/,
    isLong: true,
  },
  // Manifests, indexes and configurations.
  'manifest-long': { push: manifest(() => ' '.repeat(5 * mebibyte)), reason: /more than \d+ bytes/ },
  'manifest-values': {
    push: manifest((seed) => `{"layers":[${'{},'.repeat(1_300_000)}${seed}]}`),
    reason: /more than \d+ values/,
  },
  'manifest-deep': {
    push: manifest((seed) => `{"x":${'['.repeat(2_000_000)}${seed}`),
    reason: /more than \d+ values/,
  },
  'index-values': {
    push: manifest((seed) => `{"manifests":[${'1,'.repeat(2_000_000)}${seed}]}`),
    reason: /more than \d+ values/,
  },
  'index-of-itself': {
    push: harmless,
    answer: ({ url = '' }, response) => {
      if (!url.includes('/manifests/')) return false;
      const platform = { os: 'linux', architecture: 'amd64' };
      const manifests = [{ mediaType: 'x', digest: `sha256:${'0'.repeat(64)}`, size: 1, platform }];
      response.writeHead(200).end(JSON.stringify({ manifests }));
      return true;
    },
    reason: /another manifest/,
  },
  layers: {
    push: manifest(() => {
      const blob = { mediaType: 'x', digest: `sha256:${'0'.repeat(64)}`, size: 1 };
      return JSON.stringify({ config: blob, layers: Array<typeof blob>(600).fill(blob) });
    }),
    reason: /manifest of the image cannot be read/,
  },
  'layers-large': {
    push: manifest(() => {
      const blob = { mediaType: 'x', digest: `sha256:${'0'.repeat(64)}`, size: 2 ** 50 };
      return JSON.stringify({ config: { ...blob, size: 1 }, layers: [blob] });
    }),
    reason: /layers of the image have \d+ bytes/,
  },
  'config-long': {
    push: configuration(() => `${none}"x":"${'x'.repeat(9 * mebibyte)}"}`),
    reason: /configuration of the image has/,
  },
  'config-values': {
    push: configuration((seed) => `${none}"config":{"Env":[${'1,'.repeat(4_000_000)}${seed}]}}`),
    reason: /more than \d+ values/,
  },
  'config-deep': {
    push: configuration(() => `${none}"x":${'['.repeat(4_000_000)}${']'.repeat(4_000_000)}}`),
    reason: /more than \d+ values/,
  },
  // Tags and tokens.
  'tags-many': {
    push: harmless,
    tag: '*',
    answer: ({ url = '' }, response) => {
      if (!url.includes('/tags/')) return false;
      response.writeHead(200).end(`{"tags":[${'"1",'.repeat(2_000_000)}"1"]}`);
      return true;
    },
    reason: /more than \d+ (bytes|values|tags)/,
  },
  'tags-wrong': {
    push: harmless,
    tag: '*',
    answer: ({ url = '' }, response) => {
      if (!url.includes('/tags/')) return false;
      response.writeHead(200).end(`{"tags":[${'1,'.repeat(900_000)}1]}`);
      return true;
    },
    reason: /more than \d+ (bytes|values|tags)/,
  },
  'tags-endless': {
    push: harmless,
    tag: '*',
    answer: ({ url = '' }, response) => {
      const [path = '', page = '0'] = url.split('?last=');
      if (!path.includes('/tags/')) return false;
      const tags = Array.from({ length: 1000 }, (_, at) => `${page}-${at}-${'t'.repeat(100)}`);
      const next = `<${path.split('?')[0] ?? ''}?last=${Number(page) + 1 || 1}>; rel="next"`;
      response.writeHead(200, { link: next }).end(JSON.stringify({ tags }));
      return true;
    },
    reason: /more than \d+ (bytes|tags)/,
  },
  'token-endless': {
    push: harmless,
    answer: tokens((response) => endless(response.writeHead(200), ' '.repeat(65_536), 5)),
    reason: /more than \d+ bytes/,
  },
  'token-long': {
    push: harmless,
    answer: tokens((response) =>
      response.writeHead(200).end(JSON.stringify({ token: 't'.repeat(900_000), expires_in: 1e9 })),
    ),
    reason: /more than \d+ bytes/,
  },
  'token-none': {
    push: harmless,
    answer: tokens((response) => response.writeHead(200).end('{}')),
    reason: /gives no token/,
  },
  'challenge-long': {
    push: harmless,
    answer: always((response) =>
      response.writeHead(401, { 'www-authenticate': `Bearer ${'a'.repeat(15_000)}` }).end(),
    ),
    reason: /proof of identity/,
  },
  'header-long': {
    push: harmless,
    answer: always((response) => response.writeHead(200, { x: 'x'.repeat(100_000) }).end()),
    reason: /cannot be reached/,
  },
};
