import { readFile } from 'node:fs/promises';
import type { PoolAddress } from '#client/pool-address.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { ClaimRef } from '#wire/claim.ts';
import type { Lack } from '#wire/finding.ts';
import type { Hello } from '#wire/pilot-messages.ts';
import { protocolVersion } from '#wire/protocol.ts';
import { endOf, type Lifetime, type LifetimeLimits } from './lifetime/lifetime.ts';

/** Where the order says that the pool is. Token and authorities are read at each use, because they are renewed in place. */
export function poolAddress({ pool }: PilotOrder): PoolAddress {
  const { caFile } = pool;
  return {
    url: pool.url,
    token: async () => (await readFile(pool.tokenFile, 'utf8')).trim(),
    ...(caFile === undefined ? {} : { ca: () => readFile(caFile, 'utf8') }),
  };
}

/** What a pilot that says `hello` knows of itself. */
export interface PilotState {
  /** Tells this process from another with the same name. */
  readonly process: string;
  /** How many connections have said hello, this one included. */
  readonly connection: number;
  readonly slot: AdTexts;
  readonly lacks: readonly Lack[];
  readonly life: Lifetime;
  readonly limits: LifetimeLimits;
  readonly claims: ClaimRef[];
}

/** What a pilot says on each new connection, in order to be registered. @param now monotonic milliseconds */
export function helloOf(
  order: PilotOrder,
  { process, connection, slot, lacks, life, limits, claims }: PilotState,
  now: number,
): Hello {
  const { name, uid, group, site } = order;
  const { drain, end } = endOf(life, limits);
  return {
    type: 'hello',
    protocol: protocolVersion,
    name,
    uid,
    process,
    connection,
    group,
    site,
    slot,
    lacks: [...lacks],
    retireIn: Math.max(0, (drain.at - now) / 1000),
    endIn: Math.max(0, (end.at - now) / 1000),
    draining: life.phase !== 'Serving',
    resumes: true,
    sessions: order.spec.runtime.sessions ?? 'Allowed',
    claims,
  };
}
