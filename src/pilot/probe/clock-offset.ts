import type { Clock } from '#base/clock.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { Finding } from '#wire/finding.ts';

/** Seconds from which on a clock is wrong: tokens and certificates fail, and times of files confuse `make`. */
const most = 30;

/** How many seconds this clock is ahead of the pool's, from the Date of an answer. Undefined: there was no answer. */
export async function clockOffset(
  client: Pick<PoolClient, 'raw'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const sent = clock.wall();
  const answer = await client.raw('/healthz', { signal }).catch(() => undefined);
  const received = clock.wall();
  await answer?.body.dump();
  const date = Date.parse(String(answer?.headers.date));
  if (Number.isNaN(date)) return undefined;
  // The date was cut to a second, so on average it is half a second ago.
  const ahead = Math.round(((sent + received) / 2 - (date + 500)) / 1000);
  const isWrong = Math.abs(ahead) > most;
  return {
    what: 'clock',
    attributes: { GLIDEIN_ClockOffset: ahead },
    verdict: isWrong ? 'bad' : 'good',
    evidence: `${ahead} seconds ahead of the pool (Date of its answer)`,
    ...(isWrong ? { cure: 'let the node set its clock, such as by chrony' } : {}),
  };
}
