import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { errorCatalogue } from '#base/error.ts';
import { problem } from '#wire/problem.ts';

/** How a connection ended, and what came before its end. */
export interface Ended {
  readonly text: string;
  /** False if the pool had not closed it in time. */
  readonly closed: boolean;
}

/** Sends bytes as they are, and reads until the pool closes the connection or WebSocket, or the time is over. */
export async function sayBytes(
  url: string,
  bytes: readonly (string | Buffer)[],
  milliseconds = 10_000,
): Promise<Ended> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text = `${text}${chunk.toString('latin1')}`.slice(0, 100_000);
    // A frame that closes a WebSocket asks for one in return.
    if (text.startsWith('HTTP/1.1 101 ') && text.includes('\x88', text.indexOf('\r\n\r\n')))
      socket.end(frame(0x88, Buffer.alloc(0)));
  });
  socket.on('error', () => {});
  for (const each of bytes) socket.write(each);
  const closed = await endOf(socket, milliseconds);
  socket.destroy();
  return { text, closed };
}

export function endOf(socket: Socket, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), milliseconds);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

/** The code of a refusal on the bare socket; undefined if it is none that a client could read. */
export function codeOf(text: string): string | undefined {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
  try {
    const { code } = problem.parse(JSON.parse(body));
    return (errorCatalogue as Record<string, { status: number } | undefined>)[code]?.status === status
      ? code
      : undefined;
  } catch {
    return undefined;
  }
}

/** Requests that are none, and the code that each is answered with. */
export const brokenRequests: readonly (readonly [what: string, bytes: string, code: string])[] = [
  ['no HTTP', '\x00\x01\x02nonsense\r\n\r\n', 'InvalidMessage'],
  ['an unknown method', 'BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n', 'InvalidMessage'],
  ['an unknown version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 'InvalidMessage'],
  ['no host and no token', 'GET /v1/jobs HTTP/1.1\r\nConnection: close\r\n\r\n', 'Unauthenticated'],
  ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 'TooLarge'],
  ['a header with a bad name', 'GET / HTTP/1.1\r\nHost: x\r\nb ad: 1\r\n\r\n', 'InvalidMessage'],
  ['a negative length', 'POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 'InvalidMessage'],
  [
    'two lengths',
    'POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    'InvalidMessage',
  ],
  [
    'a length and chunks',
    'POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'InvalidMessage',
  ],
  [
    'an address that is none',
    'GET /v1/jobs/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'InvalidArgument',
  ],
  ['no token', 'GET /v1/jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 'Unauthenticated'],
  [
    'a token of 20,000 characters',
    `GET /v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${'a'.repeat(20_000)}\r\n\r\n`,
    'TooLarge',
  ],
];

/** The request of a pilot that becomes a WebSocket. */
export const upgrade = (
  token: string,
  change: Readonly<Record<string, string>> = {},
  path = '/v1/pilot',
): string => {
  const headers = {
    Host: 'x',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    Authorization: `Bearer ${token}`,
    ...change,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
};

/** A frame of a WebSocket. @param first FIN, reserved bits and opcode */
export function frame(
  first: number,
  payload: Buffer,
  { masked = true, length = payload.length } = {},
): Buffer {
  const mask = masked ? 0x80 : 0;
  const head =
    length < 126
      ? Buffer.from([first, mask | length])
      : Buffer.concat([Buffer.from([first, mask | 127]), bigEndian(length)]);
  return Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

const text = (value: string) => Buffer.from(value);

/** Frames after which the pool closes the connection. */
export const brokenFrames: readonly (readonly [what: string, frames: readonly Buffer[]])[] = [
  ['reserved bits', [frame(0xf1, text('{}'))]],
  ['an unknown opcode', [frame(0x83, text('{}'))]],
  ['no mask', [frame(0x81, text('{}'), { masked: false })]],
  ['a control frame of 200 bytes', [frame(0x89, Buffer.alloc(200))]],
  ['a control frame in parts', [frame(0x09, text('a'))]],
  ['a length of 2^53 bytes', [frame(0x81, text('x'), { length: 2 ** 53 })]],
  ['more than a message may have', [frame(0x81, text('x'), { length: 5 * 2 ** 20 })]],
  ['a continuation of nothing', [frame(0x80, text('{}'))]],
  ['bytes that are no UTF-8', [frame(0x81, Buffer.from([0xc3, 0x28, 0xff]))]],
  ['20,000 parts', [frame(0x01, text('{')), ...Array.from({ length: 20_000 }, () => frame(0x00, text(' ')))]],
  ['a close with a code that is none', [frame(0x88, Buffer.from([0, 1]))]],
  ['a first message that is not hello', [frame(0x81, text('{"type":"renew","sequence":1}'))]],
  ['a first message that is no JSON', [frame(0x81, text('{'))]],
  ['a first message of bytes', [frame(0x82, randomBytes(1000))]],
  ['compressed bytes', [frame(0xc1, randomBytes(1000))]],
];
