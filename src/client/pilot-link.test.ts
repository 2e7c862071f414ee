import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { createLogger } from '#telemetry/logger.ts';
import { PoolPeer } from '#testing/pool-peer.ts';
import { PilotLink } from './pilot-link.ts';

const hello = {
  type: 'hello',
  protocol: 1,
  uid: 'u',
  name: 'n',
  group: 'g',
  site: 's',
  slot: {},
  retireIn: 1,
  draining: false,
  claims: [],
} as const;

let pool: PoolPeer;
let refuse: number | undefined;
let heard: string[];
let lines: string[];
let stop: AbortController;
let ran: Promise<void>;
let link: PilotLink;

beforeEach(async () => {
  refuse = undefined;
  heard = [];
  lines = [];
  stop = new AbortController();
  pool = await PoolPeer.listen({ refuse: () => refuse });
});
afterEach(async () => {
  stop.abort();
  await ran;
  await pool.close();
});

function begin(token: () => string | Promise<string> = () => 'secret-token') {
  link = new PilotLink({
    address: { url: pool.url, token },
    hello: () => ({ ...hello, claims: [] }),
    clock: systemClock,
    random: () => 0,
    logger: createLogger('test', {
      level: 'debug',
      destination: { write: (line: string) => void lines.push(line) },
    }),
    events: {
      welcome: (_welcome, helloAt) => heard.push(`welcome ${helloAt <= performance.now()}`),
      message: (message) => heard.push(message.type),
      unreadable: ({ type, claim }) => heard.push(`unreadable ${type} of ${claim.id}`),
      down: (refused) => heard.push(refused ? 'refused' : 'down'),
    },
  });
  ran = link.run(stop.signal);
}

describe('the link of a pilot', () => {
  it('says hello, receives, sends, and reconnects with a new token when the connection breaks', async () => {
    let tokens = 0;
    begin(() => `token-${++tokens}`);
    await expect.poll(() => heard).toEqual(['welcome true']);
    pool.send({ type: 'work', waiting: true });
    await expect.poll(() => heard).toEqual(['welcome true', 'work']);
    expect(link.send({ type: 'renew', sequence: 4 })).toBe(true);
    await pool.next('renew');
    pool.disconnect();
    await expect.poll(() => heard).toEqual(['welcome true', 'work', 'renewed', 'down', 'welcome true']);
    expect(pool.authorizations).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('sends nothing before a welcome, and returns false', async () => {
    pool.silent = true;
    begin();
    await pool.hello();
    expect(link.send({ type: 'renew', sequence: 1 })).toBe(false);
    expect(heard).toEqual([]);
  });

  it('ignores messages that it cannot read', async () => {
    begin();
    await expect.poll(() => heard).toHaveLength(1);
    pool.send({ type: 'dance' } as never);
    pool.send({ type: 'work' } as never);
    pool.send({ type: 'work', waiting: false });
    await expect.poll(() => heard).toEqual(['welcome true', 'work']);
    expect(lines.filter((line) => line.includes('cannot read a message of the pool'))).toHaveLength(2);
  });

  it('reports the claim of a message that it cannot read', async () => {
    begin();
    await expect.poll(() => heard).toHaveLength(1);
    const claim = { generation: 'g', id: '1.0.1', epoch: 1 };
    pool.send({ type: 'start', claim, ad: 7 } as never);
    pool.send({ type: 'start', claim: { id: 1 }, ad: 7 } as never);
    pool.send({ type: 'work', waiting: false });
    await expect.poll(() => heard).toEqual(['welcome true', 'unreadable start of 1.0.1', 'work']);
  });

  it('does not connect if the pilot leaves while it reads its token', async () => {
    const asked = Promise.withResolvers<void>();
    const token = Promise.withResolvers<string>();
    begin(() => {
      asked.resolve();
      return token.promise;
    });
    await asked.promise;
    stop.abort();
    token.resolve('late-token');
    await ran;
    expect(pool.authorizations).toEqual([]);
    expect(heard).toEqual([]);
  });

  it.each([1008, 1009])('reports a refusal if the pool closes the connection with %s', async (code) => {
    begin();
    await expect.poll(() => heard).toHaveLength(1);
    pool.disconnect(code);
    await expect.poll(() => heard).toEqual(['welcome true', 'refused']);
  });

  it.each([401, 403, 409])(
    'logs a warning at a refusal with %s, and waits longer before it retries',
    async (status) => {
      refuse = status;
      begin();
      await expect.poll(() => lines.join('')).toMatch(new RegExp(`"level":40.*status ${status}`));
      expect(JSON.parse(lines[0]!)).toMatchObject({ retryInMs: 2_500 });
      expect(lines.join('')).not.toContain('secret-token');
    },
  );

  it('retries a busy pool soon', async () => {
    refuse = 503;
    begin();
    await expect.poll(() => pool.authorizations.length).toBeGreaterThan(2);
    refuse = undefined;
    await expect.poll(() => heard).toEqual(['welcome true']);
  });

  it('delivers what was sent before it was closed', async () => {
    begin();
    await expect.poll(() => heard).toHaveLength(1);
    link.send({ type: 'leaving', reason: 'done' });
    stop.abort();
    await ran;
    expect((await pool.next('leaving')).reason).toBe('done');
    expect(heard).toEqual(['welcome true']);
  });

  it('can be ended while nobody answers', async () => {
    begin();
    await expect.poll(() => heard).toHaveLength(1);
    await pool.close();
    await expect.poll(() => lines.join('')).toMatch(/connection to the pool is down/);
    stop.abort();
    await ran;
    pool = await PoolPeer.listen();
  });

  /** A token whose life began 10 s ago and ends in the given number of seconds. */
  const tokenUntil = (seconds: number) => {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ sub: 'u' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt(now - 10)
      .setExpirationTime(now + seconds)
      .sign(Buffer.from('secret'));
  };

  it('reconnects once with a newer token when most of the life of its token is over', async () => {
    const [old, fresh] = await Promise.all([tokenUntil(2), tokenUntil(3600)]);
    let current = old;
    begin(() => current);
    await expect.poll(() => heard).toEqual(['welcome true']);
    // Four fifths of its life are over already, but there is no other token yet.
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(heard).toEqual(['welcome true']);
    current = fresh;
    await expect.poll(() => heard, { timeout: 3000 }).toEqual(['welcome true', 'down', 'welcome true']);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(pool.authorizations).toEqual([`Bearer ${old}`, `Bearer ${fresh}`]);
    expect(lines.join('')).not.toContain(old);
  });

  it('keeps its token if the other one is not newer or cannot be read', async () => {
    const old = await tokenUntil(2);
    const answers = ['', 'no token', await tokenUntil(1)];
    let reads = 0;
    begin(() => {
      reads += 1;
      if (reads === 1) return old;
      const answer = answers[reads - 2];
      if (answer === undefined) throw new Error('the file is away');
      return answer;
    });
    await expect.poll(() => reads, { timeout: 5000 }).toBeGreaterThan(5);
    expect(heard).toEqual(['welcome true']);
  });
});
