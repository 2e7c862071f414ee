import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import type { GlideinError } from '#base/error.ts';
import { slotTexts } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { digestOf } from '#testing/image-set-scene.ts';
import { TestPool } from '#testing/test-pool.ts';
import type { Hello } from '#wire/pilot-messages.ts';
import { Announcer } from './announcer.ts';
import { Deaths } from './deaths.ts';
import { EmbeddedPool } from './embedded-pool.ts';
import type { AnnouncedPilot } from './pool.ts';
import { PoolListener } from './pool-listener.ts';

interface OlderBid {
  readonly pilots?: readonly AnnouncedPilot[];
  readonly ask?: string;
}

/** A pool from before there was an endpoint for announcements: a bid without the list of pilots is refused. */
class OlderPool {
  readonly bids: OlderBid[] = [];
  /** True: it was replaced by one of this version. */
  upgraded = false;
  announcements = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, answer) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { status, body } = this.#answer(
          request.url ?? '',
          JSON.parse(Buffer.concat(chunks).toString()),
        );
        answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(path: string, bid: OlderBid): { status: number; body: object } {
    if (path !== '/v1/bidders/here' && this.upgraded) {
      this.announcements += 1;
      return { status: 200, body: { taken: true } };
    }
    if (path !== '/v1/bidders/here')
      return { status: 404, body: { code: 'NotFound', message: `there is no POST ${path}` } };
    if (bid.pilots === undefined && !this.upgraded)
      return { status: 400, body: { code: 'InvalidArgument', message: 'pilots: expected array' } };
    this.bids.push(bid);
    const ask = this.upgraded ? { ask: bid.ask } : {};
    return {
      status: 200,
      body: { version: 1, known: true, autoclusters: [], pilots: [], missing: [], ...ask },
    };
  }
}

let older: OlderPool;
let pool: EmbeddedPool;
let url: string;
const stop = { controller: new AbortController(), ended: Promise.resolve() };
const living: AnnouncedPilot[] = [];

beforeEach(async () => {
  older = new OlderPool();
  url = await older.listen();
  pool = open();
  stop.controller = new AbortController();
  living.splice(0);
});
afterEach(async () => {
  stop.controller.abort();
  await stop.ended;
  await pool.close();
  await older.close();
});

const open = () => new EmbeddedPool({ url, token: async () => 'a.b.c' }, 'here');

function listen(): {
  readonly listener: PoolListener;
  readonly announcer: Announcer;
  readonly failures: string[];
} {
  const announcer = new Announcer({ session: 'mine', living: () => living, clock: systemClock });
  const failures: string[] = [];
  const listener = new PoolListener({
    pool: 'p',
    open: async () => pool,
    bid: () => ({ groups: [], reads: [], waitSeconds: 0 }),
    announcer,
    deaths: new Deaths(),
    onAnswer: () => {},
    onFailure: (_error, reason) => failures.push(reason),
    onDeathTold: () => {},
    onDeathRefused: (_uid: string, error: GlideinError) => failures.push(error.message),
    onAnnouncementRejected: ({ message }) => failures.push(message),
    clock: systemClock,
    random: Math.random,
  });
  stop.ended = listener.run(stop.controller.signal);
  return { listener, announcer, failures };
}

const named = (uid: string): AnnouncedPilot => ({ uid, name: uid, group: 'g', registered: false });
const uidsIn = (bid: OlderBid | undefined) => bid?.pilots?.map(({ uid }) => uid);

it('a pool that is older than announcements hears of pilots in the bids, and does not wait for them for ever', async () => {
  living.push(named('a'));
  const { listener, announcer, failures } = listen();
  await eventually(() => expect(announcer.acknowledgedAt('a')).toBeDefined());
  expect(uidsIn(older.bids.at(-1))).toEqual(['a']);
  living.splice(0, 1, named('b'));
  listener.wake();
  await eventually(() => expect(announcer.acknowledgedAt('b')).toBeDefined());
  await eventually(() => expect(uidsIn(older.bids.at(-1))).toEqual(['b']));
  expect(failures).toEqual([]);
});

it('pilots are announced to an older pool again when the way to it was opened anew', async () => {
  living.push(named('a'));
  const { announcer } = listen();
  await eventually(() => expect(announcer.acknowledgedAt('a')).toBeDefined());
  const first = pool;
  pool = open();
  const before = older.bids.length;
  await eventually(() => expect(older.bids.slice(before + 2).map(uidsIn)).toContainEqual(['a']));
  await first.close();
});

it('an older pool that is replaced by a newer one is told at its endpoint for announcements from then on', async () => {
  living.push(named('a'));
  const { announcer } = listen();
  await eventually(() => expect(announcer.acknowledgedAt('a')).toBeDefined());
  older.upgraded = true;
  await eventually(() => expect(older.announcements).toBeGreaterThan(0));
  await eventually(() => expect(older.bids.at(-1)).not.toHaveProperty('pilots'));
});

it('tells which images pilots have at hand, each once', async () => {
  const pool = await TestPool.start();
  const token = await pool.token('operator', 'here');
  const client = new EmbeddedPool({ url: pool.url, token: () => token }, 'here');
  try {
    const images = [['a', 'b'], ['b', 'c'], []].map((letters) => letters.map(digestOf).join(','));
    for (const [n, said] of images.entries()) {
      const slot = slotTexts(said === '' ? {} : { ImageDigests: `"${said}"` });
      const hello = { uid: `u${n}`, name: `n${n}`, group: 'g', site: 's', slot, claims: [] };
      const rest = { type: 'hello', protocol: 1, retireIn: 3600, draining: false } as const;
      const connection = { send: () => {}, sendPrinted: () => {}, close: () => {} };
      pool.core.collector.register({ ...hello, ...rest } satisfies Hello, connection);
    }
    const { signal } = new AbortController();
    expect((await client.imagesAtHand(signal)).toSorted()).toEqual(['a', 'b', 'c'].map(digestOf));
  } finally {
    await client.close();
    await pool.destroy();
  }
});
