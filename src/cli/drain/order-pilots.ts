import { describeError, GlideinError, isCode } from '#base/error.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { ChosenPilot } from './chosen-pilots.ts';

/** Requests that are under way at a time. */
const atOnce = 16;

/** What a request to each of some pilots led to. */
export interface Ordered {
  readonly done: readonly ChosenPilot[];
  readonly refused: readonly { readonly pilot: ChosenPilot; readonly error: GlideinError }[];
}

/**
 * Tells the pool to drain pilots, or to take them back. A pilot that has left meanwhile counts as done.
 * @param reason undefined to take them back
 * @throws GlideinError of a pool that does not answer
 */
export async function orderPilots(
  client: Pick<PoolClient, 'raw'>,
  pilots: readonly ChosenPilot[],
  reason: string | undefined,
  signal: AbortSignal,
): Promise<Ordered> {
  const done: ChosenPilot[] = [];
  const refused: { pilot: ChosenPilot; error: GlideinError }[] = [];
  const order = async (pilot: ChosenPilot): Promise<void> => {
    try {
      await tell(client, pilot.uid, reason, signal);
      done.push(pilot);
    } catch (error) {
      if (!(error instanceof GlideinError) || isCode(error, 'Unavailable')) throw error;
      if (isCode(error, 'NotFound')) done.push(pilot);
      else refused.push({ pilot, error });
    }
  };
  for (let from = 0; from < pilots.length; from += atOnce)
    await Promise.all(pilots.slice(from, from + atOnce).map(order));
  return { done, refused };
}

async function tell(
  client: Pick<PoolClient, 'raw'>,
  uid: string,
  reason: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const path = `/v1/pilots/${encodeURIComponent(uid)}/drain`;
  const request =
    reason === undefined ? { method: 'DELETE' as const } : { method: 'POST' as const, json: { reason } };
  const answer = await client.raw(path, { ...request, signal });
  await answer.body.dump();
}

/** The most refusals that are told one by one. */
const mostTold = 20;

/** The lines that say which pilots were refused, and why. */
export function refusedLines({ refused }: Ordered): string[] {
  const lines = refused
    .slice(0, mostTold)
    .map(({ pilot, error }) => `${pilot.name}: ${describeError(error)}`);
  const more = refused.length - lines.length;
  return more > 0 ? [...lines, `${more} more are refused too`] : lines;
}

/** The error for all of them, with the code of the first. */
export function refusedError({ refused: [first, ...more] }: Ordered, what: string): GlideinError | undefined {
  if (first === undefined) return undefined;
  const who = more.length === 0 ? first.pilot.name : `${more.length + 1} pilots`;
  return new GlideinError(first.error.code, `${who} could not be ${what}`);
}
