import { type AddressInfo, createServer, type Socket } from 'node:net';
import { GlideinError } from '#base/error.ts';
import type { ObjectKey } from './object.ts';

/** A port on this machine that is forwarded to a port of a pod. */
export interface ForwardedPort {
  readonly port: number;
  close(): void;
}

/**
 * Forwards a free port of 127.0.0.1 to a port of a pod, through the API server. The client library does the protocol, and
 * is loaded only when this is used.
 * @throws GlideinError InvalidArgument when the kubeconfig cannot be used
 */
export async function forwardPort(
  target: { readonly pod: ObjectKey; readonly port: number },
  kubeconfig: { readonly file?: string | undefined; readonly context?: string | undefined },
): Promise<ForwardedPort> {
  const { KubeConfig, PortForward } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (kubeconfig.file === undefined) config.loadFromDefault();
  else config.loadFromFile(kubeconfig.file);
  if (kubeconfig.context !== undefined) config.setCurrentContext(kubeconfig.context);
  const forward = new PortForward(config);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const { namespace = 'default', name } = target.pod;
    forward.portForward(namespace, name, [target.port], socket, null, socket).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new GlideinError('Unavailable', 'cannot open a port on this machine', { cause })),
    );
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
