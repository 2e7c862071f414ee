import { errorOfSilence, errorOfStatus, type KubeError, type Status } from './kube-error.ts';
import type { KubeObject } from './object.ts';

/** One line of a watch: a change of an object, or a bookmark, which contains only a resourceVersion. */
export interface WatchEvent<T extends KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

/** The longest line that is read, in bytes; the API server accepts no object over 3 MiB. */
const longestLine = 16 * 1024 * 1024;

/**
 * The events of a watch, in their order. Reading pauses while the consumer works, so memory holds at most one line and one
 * chunk. An incomplete line at the end of the stream is not an event: it will come again.
 * @param what the request, for errors
 * @throws KubeError for an ERROR event, for a line that is too long or not JSON, and for whatever breaks the stream
 */
export async function* watchEvents<T extends KubeObject>(
  chunks: AsyncIterable<Buffer>,
  what: string,
  limit = longestLine,
): AsyncGenerator<WatchEvent<T>> {
  for await (const line of lines(chunks, what, limit)) {
    if (line.length === 0) continue;
    yield eventOf<T>(line, what);
  }
}

async function* lines(chunks: AsyncIterable<Buffer>, what: string, limit: number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      yield Buffer.concat(parts).toString('utf8');
      parts = [];
      length = 0;
      from = end + 1;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > limit) throw errorOfSilence(what, new Error(`a line of more than ${limit} bytes`));
  }
}

function eventOf<T extends KubeObject>(line: string, what: string): WatchEvent<T> {
  let value: { type?: unknown; object?: unknown };
  try {
    value = JSON.parse(line) as typeof value;
  } catch (error) {
    throw errorOfSilence(what, error);
  }
  switch (value.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      return { type: value.type, object: value.object as T };
    case 'ERROR':
      throw errorOfStatus(what, value.object as Status);
    default:
      throw unknownType(what, value.type);
  }
}

function unknownType(what: string, type: unknown): KubeError {
  return errorOfSilence(what, new Error(`an event of the unknown type ${JSON.stringify(type)}`));
}
