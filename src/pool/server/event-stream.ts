/** Milliseconds after which a stream without events says that it is alive, and how far it has come. */
export const heartbeat = 15_000;

interface Events {
  readonly events: readonly { readonly seq: number; readonly text: string }[];
  readonly through: number;
}

interface Stream {
  readonly generation: string;
  /** The last event that the reader has. */
  readonly after: number;
  /** The next page of events, or an empty one after a heartbeat. */
  readonly next: (after: number) => Promise<Events>;
  /** Called when a page is sent. */
  readonly sent: () => void;
  /** Whether the stream ends: its token has expired, the reader is gone, or the pool ends. */
  readonly isOver: () => boolean;
}

/**
 * Events as `text/event-stream` (HTML Standard §9.2). The id of each names the pool's generation and the event's number, so a reader
 * that was cut off goes on with `Last-Event-ID`. A heartbeat has an id and no data: readers only take note of how far they are.
 */
export async function* eventStream({
  generation,
  after,
  next,
  sent,
  isOver,
}: Stream): AsyncGenerator<string> {
  yield `event: generation\ndata: ${JSON.stringify({ generation })}\n\n`;
  for (let last = after; !isOver(); ) {
    const page = await next(last);
    last = page.through;
    try {
      const events = page.events.map(({ seq, text }) => `id: ${generation}:${seq}\ndata: ${text}\n\n`);
      yield `${events.join('')}id: ${generation}:${last}\n\n`;
    } finally {
      sent();
    }
  }
}

/**
 * The event after which a reader goes on: that of `Last-Event-ID` if it comes from the same generation. Numbers of another one
 * mean nothing, so the reader then gets everything.
 */
export function resumedAfter(lastId: string, generation: string): number {
  const [, from, seq] = /^(?:(.+):)?([0-9]{1,16})$/.exec(lastId) ?? [];
  return from === undefined || from === generation ? Number(seq ?? 0) : 0;
}
