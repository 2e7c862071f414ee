import { expect, it } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { createLogger } from '#telemetry/logger.ts';
import { knownFor } from '#testing/pool-answers.ts';
import { drainPilots } from './drain.ts';

function world(codeFor: (uid: string) => 'Forbidden' | 'Unavailable' | undefined) {
  const asked: string[] = [];
  const drain = async (uid: string): Promise<void> => {
    asked.push(uid);
    const code = codeFor(uid);
    if (code !== undefined) throw new GlideinError(code, 'no');
  };
  const parts = {
    informers: { pools: { store: { named: () => ({}) } } },
    door: { open: async () => ({ drain }) },
  };
  const signal = new AbortController().signal;
  const logger = createLogger('test', { level: 'silent' });
  return { asked, context: { parts, signal, logger } as unknown as Parameters<typeof drainPilots>[0] };
}

const witness = knownFor(1);
if (!witness.known) throw new Error('the pool has just answered');
const wish = { pool: 'ns/p', witness, uids: ['a', 'b', 'c'], reason: 'no waiting job needs this pilot' };

it('a pilot that the pool does not drain keeps no other from leaving', async () => {
  const { asked, context } = world((uid) => (uid === 'a' ? 'Forbidden' : undefined));
  await drainPilots(context, wish);
  expect(asked).toEqual(['a', 'b', 'c']);
});

it('a pool that is away is not asked for each of a thousand pilots', async () => {
  const { asked, context } = world(() => 'Unavailable');
  await drainPilots(context, wish);
  expect(asked).toEqual(['a']);
});
