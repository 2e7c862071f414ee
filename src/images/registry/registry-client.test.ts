import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '#base/clock.ts';
import { ImageRegistry } from '#testing/image-registry.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { parseReference } from './reference.ts';
import { RegistryClient } from './registry-client.ts';
import { RegistryPeace } from './registry-peace.ts';
import { sender } from './requests.ts';
import { Tokens } from './tokens.ts';

const { signal } = new AbortController();

let registry: ImageRegistry;
beforeEach(async () => {
  registry = await ImageRegistry.start();
});
afterEach(() => registry.stop());

const client = (
  options: { credentials?: { user: string; password: string }; clock?: Clock; peace?: RegistryPeace } = {},
) =>
  new RegistryClient({
    registry: registry.host,
    send: sender({}),
    clock: options.clock ?? quick,
    random: () => 0,
    ...options,
  });

/** Time that passes at once for whoever waits. */
const quick: Clock = {
  ...systemClock,
  after: (wait, run) => systemClock.after(wait >= 60_000 ? wait : 0, run),
};

const reference = (name: string) => parseReference(`${registry.host}/${name}`);

describe('a check', () => {
  it('costs one HEAD', async () => {
    const digest = await registry.push('a/b:1', [{ x: '1' }]);
    expect(await client().digestOf(reference('a/b:1'), signal)).toBe(digest);
    expect(registry.requests).toEqual(['HEAD /v2/a/b/manifests/1']);
  });

  it('says that there is no such image', async () => {
    await expect(client().digestOf(reference('a/b:2'), signal)).rejects.toThrow(
      `the registry has no ${registry.host}/a/b:2`,
    );
  });
});

describe('a registry that asks for a token', () => {
  /** Wants this token, which the token server gives to whom it knows. */
  const guard = (options: { user?: string; life?: number } = {}) => {
    let given = 0;
    registry.answer = (request, response) => {
      const { authorization = '' } = request.headers;
      if (request.url?.startsWith('/token') === true) {
        const isKnown =
          options.user === undefined ||
          authorization === `Basic ${Buffer.from(options.user).toString('base64')}`;
        given += 1;
        response.writeHead(isKnown ? 200 : 401);
        response.end(JSON.stringify({ token: `t${given}`, expires_in: options.life ?? 300 }));
        return true;
      }
      if (authorization === `Bearer t${given}`) return false;
      const realm = `Bearer realm="http://${registry.host}/token",service="s",scope="repository:a/b:pull"`;
      response.writeHead(401, { 'www-authenticate': realm }).end();
      return true;
    };
  };

  it('gets one, once for many requests', async () => {
    await registry.push('a/b:1', [{ x: '1' }]);
    guard();
    const one = client();
    await one.digestOf(reference('a/b:1'), signal);
    await one.manifest(reference('a/b:1'), signal);
    expect(registry.requests.filter((each) => each.includes('/token'))).toEqual([
      'GET /token?service=s&scope=repository%3Aa%2Fb%3Apull',
    ]);
  });

  it('gets another when the first has expired', async () => {
    await registry.push('a/b:1', [{ x: '1' }]);
    guard({ life: 300 });
    const clock = new ManualClock();
    const one = client({ clock });
    await one.digestOf(reference('a/b:1'), signal);
    clock.advance(295_000);
    await one.digestOf(reference('a/b:1'), signal);
    expect(registry.requests.filter((each) => each.includes('/token'))).toHaveLength(2);
  });

  it('gives one of a short life, which serves nevertheless', async () => {
    await registry.push('a/b:1', [{ x: '1' }]);
    guard({ life: 5 });
    await client({ clock: new ManualClock() }).digestOf(reference('a/b:1'), signal);
  });

  it('gives it for credentials, and refuses wrong ones and none in words', async () => {
    await registry.push('a/b:1', [{ x: '1' }]);
    guard({ user: 'ada:secret' });
    const credentials = { user: 'ada', password: 'secret' };
    await client({ credentials }).digestOf(reference('a/b:1'), signal);
    await expect(client().digestOf(reference('a/b:1'), signal)).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: 'the registry wants a name and a password',
    });
    const wrong = client({ credentials: { user: 'ada', password: 'sesame' } });
    await expect(wrong.digestOf(reference('a/b:1'), signal)).rejects.toThrow(
      'does not accept the credentials',
    );
  });

  it('with a token server that hangs or breaks off fails in words, and holds nobody up for long', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      if (breaks) socket.destroy();
    });
    let breaks = false;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    registry.answer = (_request, response) => {
      const realm = `Bearer realm="http://127.0.0.1:${port}/token"`;
      response.writeHead(401, { 'www-authenticate': realm }).end();
      return true;
    };
    // All time has passed at once.
    const clock: Clock = { ...systemClock, after: (_wait, run) => systemClock.after(300, run) };
    const ask = () => client({ clock }).digestOf(reference('a/b:1'), signal);
    await expect(ask()).rejects.toMatchObject({
      code: 'Unavailable',
      message: `the token server 127.0.0.1:${port} cannot be reached: it does not answer within 60 seconds`,
    });
    breaks = true;
    await expect(ask()).rejects.toMatchObject({ code: 'Unavailable' });
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('gives tokens that are kept for some hundreds of repositories, and are no larger than a header', async () => {
    let token = 't';
    registry.answer = (_request, response) =>
      response.writeHead(200).end(JSON.stringify({ token, expires_in: 1e9 })) !== undefined;
    const tokens = new Tokens({
      send: sender({}),
      clock: quick,
      credentials: undefined,
      origin: `http://${registry.host}`,
    });
    const obtain = (repository: string) =>
      tokens.obtain(repository, `Bearer realm="http://${registry.host}/token"`, signal);
    for (let at = 0; at <= 500; at += 1) await obtain(`a/b${at}`);
    expect([0, 1, 500].map((at) => tokens.for(`a/b${at}`))).toEqual([undefined, 'Bearer t', 'Bearer t']);
    token = 't'.repeat(2 ** 16);
    await expect(obtain('a/b')).rejects.toMatchObject({ code: 'TooLarge' });
  });

  it('gets no password for a token server without encryption, if it has some itself', async () => {
    const asked: string[] = [];
    const tokens = new Tokens({
      send: async (url) => {
        asked.push(url);
        throw new Error('not reached');
      },
      clock: quick,
      credentials: { user: 'ada', password: 'secret' },
      origin: 'https://registry.example',
    });
    const challenge = 'Bearer realm="http://elsewhere.example/token"';
    await expect(tokens.obtain('a/b', challenge, signal)).rejects.toMatchObject({ code: 'Unauthenticated' });
    expect(asked).toEqual([]);
  });
});

describe('a registry in trouble', () => {
  it('is asked again after as long as it says', async () => {
    await registry.push('a/b:1', [{ x: '1' }]);
    let refusals = 2;
    registry.answer = (_request, response) => {
      if (refusals === 0) return false;
      refusals -= 1;
      response.writeHead(429, { 'retry-after': '7' }).end();
      return true;
    };
    const waits: number[] = [];
    const clock: Clock = {
      ...systemClock,
      after: (wait, run) => {
        if (wait < 60_000) waits.push(wait);
        return quick.after(wait, run);
      },
    };
    await client({ clock }).digestOf(reference('a/b:1'), signal);
    expect(waits).toEqual([7000, 7000]);
  });

  it('that wants peace for an hour is asked by nobody before', async () => {
    await registry.push('a/b:1', [{ x: '1' }]);
    registry.answer = (_request, response) => {
      response.writeHead(429, { 'retry-after': '3600' }).end();
      return true;
    };
    const clock = new ManualClock();
    const peace = new RegistryPeace(clock);
    const one = client({ clock, peace });
    await expect(one.digestOf(reference('a/b:1'), signal)).rejects.toThrow('answers 429');
    registry.answer = () => false;
    await expect(client({ clock, peace }).digestOf(reference('a/b:1'), signal)).rejects.toThrow(
      'wants to be asked again in 3600 seconds only',
    );
    expect(registry.requests).toHaveLength(1);
    clock.advance(3_600_000);
    await one.digestOf(reference('a/b:1'), signal);
    expect(registry.requests).toHaveLength(2);
  });

  it('is given up after five tries', async () => {
    registry.answer = (_request, response) => {
      response.writeHead(503).end();
      return true;
    };
    await expect(client().digestOf(reference('a/b:1'), signal)).rejects.toMatchObject({
      code: 'Unavailable',
      message: `the registry ${registry.host} answers 503`,
    });
    expect(registry.requests).toHaveLength(5);
  });

  it('that redirects for ever is given up', async () => {
    registry.answer = (request, response) => {
      response.writeHead(307, { location: `${request.url}x` }).end();
      return true;
    };
    await expect(client().digestOf(reference('a/b:1'), signal)).rejects.toThrow(
      'redirects more than 5 times',
    );
  });

  it('that sends us to another host does not send our token there', async () => {
    const other = await ImageRegistry.start();
    const heard: (string | undefined)[] = [];
    other.answer = (request, response) => {
      heard.push(request.headers.authorization);
      response.writeHead(404).end();
      return true;
    };
    registry.answer = (request, response) => {
      if (request.headers.authorization === undefined)
        response.writeHead(401, { 'www-authenticate': 'Basic' }).end();
      else response.writeHead(307, { location: `http://${other.host}/blob` }).end();
      return true;
    };
    const one = client({ credentials: { user: 'ada', password: 'secret' } });
    await expect(one.digestOf(reference('a/b:1'), signal)).rejects.toMatchObject({ code: 'NotFound' });
    expect(heard).toEqual([undefined]);
    await other.stop();
  });

  it('that is away is named', async () => {
    const gone = parseReference('127.0.0.1:1/a/b:1');
    const one = new RegistryClient({
      registry: gone.registry,
      send: sender({}),
      clock: quick,
      random: () => 0,
    });
    await expect(one.digestOf(gone, signal)).rejects.toThrow('the registry 127.0.0.1:1 cannot be reached');
  });

  it('that has no such image, and says when to ask again, is asked for others at once', async () => {
    const peace = new RegistryPeace(quick);
    registry.answer = (request, response) => {
      if (request.url?.includes('/gone/') !== true) return false;
      response.writeHead(404, { 'retry-after': '21600' }).end();
      return true;
    };
    const digest = await registry.push('a/b:1', [{ x: '1' }]);
    await expect(client({ peace }).digestOf(reference('gone/b:1'), signal)).rejects.toThrow('has no');
    expect(await client({ peace }).digestOf(reference('a/b:1'), signal)).toBe(digest);
  });

  it('that sends another manifest than a digest says is not believed', async () => {
    await registry.push('a/b:1', [{ x: '1' }]);
    const digest = `sha256:${'1'.repeat(64)}`;
    registry.manifests.set(`a/b@${digest}`, Buffer.from('{}'));
    await expect(client().manifest(reference(`a/b@${digest}`), signal)).rejects.toThrow(
      'sends another manifest',
    );
  });
});

describe('tags', () => {
  const pages = (next: (page: number) => string | undefined) => {
    registry.answer = (request, response) => {
      const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('page') ?? 0);
      const link = next(page);
      response.writeHead(200, link === undefined ? {} : { link: `<${link}>; rel="next"` });
      response.end(JSON.stringify({ name: 'a/b', tags: [`t${page}`] }));
      return true;
    };
  };

  it('of a repository that is not there fail under its name, without a tag', async () => {
    registry.answer = (_request, response) => {
      response.writeHead(404);
      response.end();
      return true;
    };
    await expect(client().tags(reference('a/none'), signal)).rejects.toMatchObject({
      code: 'NotFound',
      message: `the registry has no ${registry.host}/a/none`,
    });
  });

  it('come from all pages', async () => {
    pages((page) => (page < 2 ? `/v2/a/b/tags/list?page=${page + 1}` : undefined));
    expect(await client().tags(reference('a/b'), signal)).toEqual(['t0', 't1', 't2']);
  });

  it('that are too many, or none at all, are not kept', async () => {
    const answer = (body: string) => {
      registry.answer = (_request, response) => response.writeHead(200).end(body) !== undefined;
    };
    answer(`{"tags":[${'1,'.repeat(2_000_000)}1]}`);
    await expect(client().tags(reference('a/b'), signal)).rejects.toMatchObject({ code: 'TooLarge' });
    answer(JSON.stringify({ tags: Array.from({ length: 50_000 }, () => 't'.repeat(100)) }));
    await expect(client().tags(reference('a/b'), signal)).rejects.toMatchObject({ code: 'TooLarge' });
    answer('{"tags":[1,"x",null,"-","y"]}');
    expect(await client().tags(reference('a/b'), signal)).toEqual(['x', 'y']);
  });

  it('whose pages lead in a circle or elsewhere are refused', async () => {
    pages(() => '/v2/a/b/tags/list?n=1000');
    await expect(client().tags(reference('a/b'), signal)).rejects.toThrow('does not end');
    pages((page) => `/v2/a/b/tags/list?page=${page === 1 ? 2 : 1}`);
    await expect(client().tags(reference('a/b'), signal)).rejects.toThrow('does not end');
    expect(registry.requests.length).toBeLessThan(8);
    pages(() => 'http://elsewhere.example/v2/a/b/tags/list?page=1');
    await expect(client().tags(reference('a/b'), signal)).rejects.toThrow('does not end');
  });
});
