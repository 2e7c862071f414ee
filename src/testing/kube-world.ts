import { systemClock } from '#base/clock.ts';
import { KubeClient } from '#kube/client.ts';
import { Transport } from '#kube/transport.ts';
import { createLogger, type Logger } from '#telemetry/logger.ts';
import {
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
} from '../../hack/cluster/control-plane.mjs';
import { FaultProxy } from './fault-proxy.ts';

/** A real API server, and clients that reach it directly or through a proxy with faults. */
export interface KubeWorld {
  readonly plane: ControlPlane;
  /** Straight to the server: the test's own hand. */
  readonly direct: KubeClient;
  /** A client behind a proxy of its own. */
  behindProxy(): Promise<{ readonly client: KubeClient; readonly proxy: FaultProxy }>;
  readonly logger: Logger;
  stop(): Promise<void>;
}

export async function startKubeWorld(options: ControlPlaneOptions = {}): Promise<KubeWorld> {
  const plane = await startControlPlane(options);
  const closing: (() => Promise<void>)[] = [];
  const connect = (server: string, ca: Readonly<{ ca?: string }>): KubeClient => {
    const transport = new Transport({
      config: { server, ...ca, token: async () => plane.token, namespace: 'default' },
      clock: systemClock,
      random: Math.random,
    });
    closing.push(() => transport.close());
    return new KubeClient(transport, { fieldManager: 'glidein-test' });
  };
  return {
    plane,
    direct: connect(plane.url, { ca: plane.ca }),
    logger: createLogger('test', { level: process.env.GLIDEIN_TEST_LOG ?? 'silent' }),
    async behindProxy() {
      const proxy = await FaultProxy.start({ upstream: plane.url, ca: plane.ca });
      closing.push(() => proxy.stop());
      return { client: connect(proxy.url, {}), proxy };
    },
    async stop() {
      for (const close of closing.reverse()) await close();
      await plane.stop();
    },
  };
}
