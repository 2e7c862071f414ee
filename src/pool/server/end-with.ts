import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorCatalogue, type GlideinError } from '#base/error.ts';

/** Milliseconds that a peer has to read a refusal. */
const patience = 5000;

/**
 * Refuses on the bare socket what never became a request, with the same body as every route, so that a pilot's log says what is
 * wrong. A peer that does not close its end is cut off.
 */
export function endWith(socket: Duplex, { code, message, cure }: GlideinError): void {
  const { status } = errorCatalogue[code];
  const body = JSON.stringify({ code, message, cure });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? code}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.resume();
  setTimeout(() => socket.destroy(), patience).unref();
}
