import { expect, test } from 'vitest';
import { KubeError } from '#kube/kube-error.ts';
import type { Secret } from '#kube/resource.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { ScrapeToken, type ScrapeTokenOptions } from './scrape-token.ts';

/** The two methods that are used, with the Secret in the test's hand. */
function world(initial: string | undefined) {
  const clock = new ManualClock(0);
  const state = { token: initial, isThere: true, isAway: false, reads: 0, patches: 0, warnings: 0 };
  const secret = (): Secret =>
    ({
      metadata: { name: 's', namespace: 'n', resourceVersion: '7' },
      ...(state.token === undefined ? {} : { data: { token: Buffer.from(state.token).toString('base64') } }),
    }) as Secret;
  const client = {
    find: async () => {
      state.reads += 1;
      if (state.isAway) throw new Error('away');
      return state.isThere ? secret() : undefined;
    },
    mergePatch: async (_kind: unknown, _key: unknown, { data }: Partial<Secret>) => {
      state.patches += 1;
      if (state.token !== undefined) throw new KubeError('changed', { status: 409, reason: 'Conflict' });
      state.token = Buffer.from(data?.token ?? '', 'base64').toString('utf8');
      return secret();
    },
  } as unknown as ScrapeTokenOptions['client'];
  const logger = {
    warn: () => {
      state.warnings += 1;
    },
  };
  const token = new ScrapeToken({ client, clock, logger, secret: { namespace: 'n', name: 's' } });
  return { clock, state, token };
}

test('the token of the Secret opens metrics, and no other does', async () => {
  const { token, state } = world('prometheus');
  expect(await token.opens('Bearer prometheus')).toBe(true);
  expect(await token.opens('Bearer guess')).toBe(false);
  expect(await token.opens(undefined)).toBe(false);
  expect(state.patches).toBe(0);
});

test('a Secret without a token gets one', async () => {
  const { token, state } = world(undefined);
  expect(await token.digests()).toHaveLength(1);
  expect(state.token).toMatch(/^[\w-]{43}$/);
  expect(await token.opens(`Bearer ${state.token}`)).toBe(true);
});

test('without the Secret nobody reads metrics, and none is made', async () => {
  const { token, state } = world('prometheus');
  state.isThere = false;
  expect(await token.opens('Bearer prometheus')).toBe(false);
  expect(state.patches).toBe(0);
});

test('a token that replaces another opens metrics within seconds, and wrong ones cost few looks', async () => {
  const { token, state, clock } = world('old');
  expect(await token.opens('Bearer old')).toBe(true);
  state.token = 'new';
  for (let tries = 0; tries < 100; tries += 1) await token.opens('Bearer guess');
  expect(state.reads).toBe(1);
  clock.advance(5_000);
  expect(await token.opens('Bearer new')).toBe(true);
  expect(await token.opens('Bearer old')).toBe(false);
});

test('the last token goes on while the API server is away', async () => {
  const { token, state, clock } = world('prometheus');
  expect(await token.opens('Bearer prometheus')).toBe(true);
  state.isAway = true;
  clock.advance(3_600_000);
  expect(await token.opens('Bearer prometheus')).toBe(true);
  expect(await token.opens('Bearer guess')).toBe(false);
  expect(state.warnings).toBeGreaterThan(0);
});
