import { connect, createServer } from 'node:net';

/**
 * Forwards connections, byte for byte. A socket in the file system is reachable across network namespaces, so two of these,
 * one from TCP to the socket and one from the socket to TCP, make the API server, which listens inside the node, reachable on
 * 127.0.0.1 outside it. TLS passes through unchanged.
 *
 * @param {import('node:net').ListenOptions} from
 * @param {import('node:net').NetConnectOpts} to
 * @returns {Promise<import('node:net').Server>} listening
 */
export function forward(from, to) {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, (incoming) => {
      const outgoing = connect({ ...to, allowHalfOpen: true });
      incoming.pipe(outgoing).pipe(incoming);
      incoming.on('error', () => outgoing.destroy());
      outgoing.on('error', () => incoming.destroy());
      incoming.on('close', () => outgoing.destroy());
      outgoing.on('close', () => incoming.destroy());
    });
    server.once('error', reject);
    server.listen(from, () => resolve(server));
  });
}
