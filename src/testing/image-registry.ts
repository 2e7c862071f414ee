import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { compressions, layerOf, sha256, type TestLayer } from './image-layers.ts';

export interface PushOptions {
  /** The `config` of the image's configuration. */
  readonly config?: Record<string, unknown>;
  readonly compression?: keyof typeof compressions;
  /** Lets the tag lead to an index with this image and one for another platform. */
  readonly index?: boolean;
}

/** Answers a request in place of the registry. @returns whether it has */
export type Answer = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * A registry with what a test has pushed, on loopback and without encryption. Debian's registry, which
 * `test/integration/images.test.ts` uses, does what is right; this one also does what is wrong.
 */
export class ImageRegistry {
  readonly #server: Server;
  readonly blobs = new Map<string, Buffer>();
  /** Manifests by REPOSITORY:TAG and REPOSITORY@DIGEST. */
  readonly manifests = new Map<string, Buffer>();
  /** METHOD and path of each request. */
  readonly requests: string[] = [];
  /** Breaks off this many answers of more than 10 kB after so many bytes. */
  cut = { after: 0, times: 0 };
  /** Is asked first. */
  answer: Answer = () => false;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#serve(request, response),
    );
  }

  static async start(): Promise<ImageRegistry> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ImageRegistry(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** HOST:PORT */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @returns the digest of the manifest that a machine of this kind gets */
  async push(
    name: string,
    layers: readonly (TestLayer | Buffer)[],
    options: PushOptions = {},
  ): Promise<string> {
    const archives = await Promise.all(
      layers.map(async (layer) => (Buffer.isBuffer(layer) ? layer : await layerOf(layer))),
    );
    const compress = compressions[options.compression ?? 'gzip'];
    const config = this.#blob(
      Buffer.from(
        JSON.stringify({
          architecture: 'amd64',
          os: 'linux',
          config: options.config ?? {},
          rootfs: { type: 'layers', diff_ids: archives.map(sha256) },
        }),
      ),
    );
    const manifest = { schemaVersion: 2, config, layers: archives.map((each) => this.#blob(compress(each))) };
    const body = Buffer.from(JSON.stringify(manifest));
    const [repository = ''] = name.split(':');
    this.manifests.set(`${repository}@${sha256(body)}`, body);
    this.manifests.set(name, options.index === true ? this.#index(body) : body);
    return sha256(body);
  }

  #blob(content: Buffer): { mediaType: string; digest: string; size: number } {
    const digest = sha256(content);
    this.blobs.set(digest, content);
    return { mediaType: 'application/octet-stream', digest, size: content.length };
  }

  #index(manifest: Buffer): Buffer {
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const entry = (digest: string, architecture: string) => ({
      mediaType,
      digest,
      size: manifest.length,
      platform: { architecture, os: 'linux' },
    });
    const others = ['s390x', 'ppc64le'].map((each) => entry(`sha256:${'0'.repeat(64)}`, each));
    const own = ['amd64', 'arm64'].map((each) => entry(sha256(manifest), each));
    return Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [...others, ...own] }));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${request.method} ${request.url}`);
    if (this.answer(request, response)) return;
    const content = this.#contentAt(request.url ?? '');
    if (content === undefined) response.writeHead(404).end();
    else if (content.length < 10_000 || this.cut.times === 0) send(content, request, response);
    else {
      this.cut.times -= 1;
      send(content, request, response, this.cut.after);
    }
  }

  #contentAt(url: string): Buffer | undefined {
    const [, listed] = /^\/v2\/(.+)\/tags\/list/.exec(url) ?? [];
    if (listed !== undefined) return this.#tagsOf(listed);
    const [, repository = '', kind, name = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url) ?? [];
    if (kind === 'blobs') return this.blobs.get(name);
    return this.manifests.get(`${repository}${name.startsWith('sha256:') ? '@' : ':'}${name}`);
  }

  #tagsOf(name: string): Buffer {
    const tags = [...this.manifests.keys()].flatMap((key) =>
      key.startsWith(`${name}:`) ? [key.slice(name.length + 1)] : [],
    );
    return Buffer.from(JSON.stringify({ name, tags }));
  }
}

/** All of it, or what a range asks for; the connection breaks off after `cut` bytes. */
function send(content: Buffer, request: IncomingMessage, response: ServerResponse, cut?: number): void {
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const part = content.subarray(Number(from ?? 0));
  response.writeHead(from === undefined ? 200 : 206, {
    'content-length': part.length,
    'docker-content-digest': sha256(content),
    ...(from === undefined
      ? {}
      : { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
  });
  if (cut === undefined) response.end(request.method === 'HEAD' ? undefined : part);
  else response.write(part.subarray(0, cut), () => response.destroy());
}
