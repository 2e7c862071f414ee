import { GlideinError, isCode } from '#base/error.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import { type SlotsAnswer, slotsAnswer } from '#wire/slots.ts';
import type { PoolClient } from './pool-client.ts';

/** The most slots that one request asks for. */
const pageSize = 5000;

interface Wish {
  readonly constraint?: string | undefined;
  /** Names of attributes; all if absent. */
  readonly projection?: readonly string[] | undefined;
  /** The most slots to list. Default: all. */
  readonly limit?: number | undefined;
  readonly signal: AbortSignal;
}

/** Some of the slots that were asked for. */
interface SlotPage {
  readonly slots: readonly AdTexts[];
  /** Whether this is the last page and the limit left some slots out. */
  readonly isCut: boolean;
}

/**
 * All slots of a listing, page by page, so that neither side has to hold all of them at once.
 * @throws GlideinError Unsupported when the pool is too old to list slots
 */
export async function* slotPages(
  client: Pick<PoolClient, 'json'>,
  { constraint, projection, limit, signal }: Wish,
): AsyncGenerator<SlotPage> {
  let after: string | undefined;
  for (let left = limit ?? Number.POSITIVE_INFINITY; left > 0; ) {
    const query = { constraint, projection: projection?.join(), limit: Math.min(pageSize, left), after };
    const { slots, next } = await page(client, query, signal);
    left -= slots.length;
    yield { slots, isCut: left <= 0 && next !== undefined };
    if (next === undefined) return;
    if (next === after)
      throw new GlideinError('InvalidMessage', 'the pool keeps answering /v1/slots with the same page');
    after = next;
  }
}

async function page(
  client: Pick<PoolClient, 'json'>,
  query: Readonly<Record<string, string | number | undefined>>,
  signal: AbortSignal,
): Promise<SlotsAnswer> {
  try {
    return await client.json('/v1/slots', slotsAnswer, { query, signal });
  } catch (error) {
    if (!isCode(error, 'NotFound')) throw error;
    throw new GlideinError('Unsupported', 'this pool is too old to list slots', {
      cause: error,
      cure: '`glidein status` without options shows its pilots',
    });
  }
}
