import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '#base/clock.ts';
import type { GlideinError } from '#base/error.ts';
import { PoolClient } from '#client/pool-client.ts';
import { mintToken } from '#pool/auth/tokens.ts';
import { Core } from '#pool/core.ts';
import { type Server, serve } from '#pool/server/server.ts';
import type { PoolSettings } from '#pool/settings.ts';
import { createLogger } from '#telemetry/logger.ts';
import type { Role } from '#wire/role.ts';

interface TestPoolOptions {
  readonly clock?: Clock;
  readonly leaseSeconds?: number;
  /** Of an earlier pool whose state goes on. */
  readonly directory?: string;
  /** With a certificate for `localhost`: the server uses TLS. */
  readonly tlsDirectory?: string;
  /** Further settings, in place of those that suit most tests. */
  readonly settings?: Partial<PoolSettings>;
}

/** The embedded pool in this process: a real database in a temporary directory, a real server on loopback. */
export class TestPool {
  readonly directory: string;
  readonly core: Core;
  readonly url: string;
  /** Lines of its log. */
  readonly log: string[];
  /** What the store reported when it broke. */
  readonly broken: GlideinError[];
  readonly #server: Server;
  readonly #clients: PoolClient[] = [];

  private constructor(parts: {
    directory: string;
    core: Core;
    server: Server;
    log: string[];
    broken: GlideinError[];
  }) {
    this.directory = parts.directory;
    this.core = parts.core;
    this.#server = parts.server;
    this.url = parts.server.url;
    this.log = parts.log;
    this.broken = parts.broken;
  }

  static async start(options: TestPoolOptions = {}): Promise<TestPool> {
    const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'glidein-pool-')));
    const log: string[] = [];
    const broken: GlideinError[] = [];
    const destination = { write: (line: string) => void log.push(line) };
    const core = await Core.open({
      settings: {
        directory,
        host: '127.0.0.1',
        port: 0,
        leaseSeconds: options.leaseSeconds ?? 60,
        mostLostPilots: 5,
        periodicSeconds: 60,
        synchronous: 'FULL',
        tlsDirectory: options.tlsDirectory,
        ...options.settings,
      },
      clock: options.clock ?? systemClock,
      logger: createLogger('pool', { level: 'info', destination }),
      onBroken: (error) => broken.push(error),
    });
    return new TestPool({ directory, core, server: await serve(core), log, broken });
  }

  token(role: Role, subject: string = role, seconds = 3600): Promise<string> {
    return mintToken(this.core.key, { subject, role }, seconds);
  }

  client(role: Role, subject: string = role): PoolClient {
    const client = new PoolClient({ url: this.url, token: () => this.token(role, subject) });
    this.#clients.push(client);
    return client;
  }

  /** Ends it as a process would; the directory stays. */
  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.#server.close();
    await this.core.close();
  }

  async destroy(): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
