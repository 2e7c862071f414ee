import {
  type AuditAnswer,
  type AuditKind,
  type AuditRecord,
  auditAnswer,
  mostAuditRecords,
} from '#wire/audit.ts';
import type { PoolClient } from './pool-client.ts';

/** Which records of the audit; all that the reader may see if nothing is said. */
export interface AuditWish {
  /** Epoch milliseconds. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly who?: string | undefined;
  readonly what?: AuditKind | undefined;
  readonly job?: string | undefined;
  readonly from?: string | undefined;
}

/** Where a reader of the audit has come to. */
export interface AuditPlace {
  readonly generation: string;
  readonly seq: number;
}

interface Page {
  readonly after?: number;
  readonly before?: number;
  readonly limit?: number;
  readonly wait?: number;
}

const ask = (client: PoolClient, wish: AuditWish, page: Page, signal: AbortSignal): Promise<AuditAnswer> =>
  client.json('/v1/audit', auditAnswer, { query: { ...wish, ...page }, signal });

/** The newest record of all that can be read now. */
export async function newestPlace(client: PoolClient, signal: AbortSignal): Promise<AuditPlace> {
  const { generation, records } = await ask(client, {}, { limit: 1 }, signal);
  return { generation, seq: records[0]?.seq ?? 0 };
}

/** The newest records up to a place, the oldest of them first. @param limit the most; all if absent */
export async function recordsUpTo(
  client: PoolClient,
  wish: AuditWish,
  { seq }: AuditPlace,
  {
    limit = Number.POSITIVE_INFINITY,
    signal,
  }: { readonly limit?: number | undefined; readonly signal: AbortSignal },
): Promise<AuditRecord[]> {
  const found: AuditRecord[] = [];
  for (let before = seq + 1; found.length < limit; ) {
    const page = { before, limit: Math.min(mostAuditRecords, limit - found.length) };
    const { records, last, isAll } = await ask(client, wish, page, signal);
    found.push(...records);
    if (isAll) break;
    before = last;
  }
  return found.reverse();
}

/** The records after a place, in pages; each answers with the place that it has come to. @param wait seconds to wait for the first one */
export async function recordsAfter(
  client: PoolClient,
  wish: AuditWish,
  place: AuditPlace,
  { wait, signal }: { readonly wait: number; readonly signal: AbortSignal },
): Promise<{
  readonly records: readonly AuditRecord[];
  readonly place: AuditPlace;
  readonly isAll: boolean;
}> {
  const { generation, records, last, isAll } = await ask(client, wish, { after: place.seq, wait }, signal);
  // After a restore from a backup the numbers mean something else: everything is told from the beginning.
  if (generation !== place.generation) return { records: [], place: { generation, seq: 0 }, isAll: false };
  return { records, place: { generation, seq: last }, isAll };
}
