import type { DatabaseSync } from 'node:sqlite';
import type { EventPage, EventQuery, EventRow } from './event-rows.ts';

/** The most events that one request reads, even if few of them are wanted; and the number of characters after which a page ends. */
const mostRows = 2000;
const mostCharacters = 2 ** 20;

const columns = 'SELECT seq, cluster, proc, owner, at, detail FROM events';

/** A page of the events after `after`, in the order in which they happened. */
export function eventPage(db: DatabaseSync, { after, through, owner, clusters }: EventQuery): EventPage {
  const among = clusters.length === 0 ? '' : `AND cluster IN (${clusters.map(() => '?').join(', ')})`;
  const found = db
    .prepare(`${columns} WHERE seq > ? AND seq <= ? ${among} ORDER BY seq LIMIT ?`)
    .iterate(after, through, ...clusters, mostRows) as Iterable<EventRow>;
  const rows: EventRow[] = [];
  let seen = 0;
  let characters = 0;
  for (const row of found) {
    seen += 1;
    const isWanted = owner === undefined || row.owner === owner;
    if (isWanted) {
      rows.push(row);
      characters += row.detail.length;
    }
    if (seen === mostRows || characters >= mostCharacters) return { rows, through: row.seq };
  }
  return { rows, through: Math.max(after, through) };
}
