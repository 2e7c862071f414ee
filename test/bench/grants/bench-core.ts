import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '#base/clock.ts';
import { Core } from '#pool/core.ts';
import { createLogger } from '#telemetry/logger.ts';
import { jobTexts, slotTexts } from '#testing/ads.ts';
import type { Start } from '#wire/pool-messages.ts';

/** The core of a pool on a real database in this process, with pilots of ten slots that are told to nobody. */
export class BenchCore {
  readonly core: Core;
  readonly #directory: string;
  /** How many `start` messages its pilots have got. */
  starts = 0;
  /** Called with the next `start` message. */
  onStart: ((start: Start) => void) | undefined;

  private constructor(core: Core, directory: string) {
    this.core = core;
    this.#directory = directory;
  }

  static async open(): Promise<BenchCore> {
    const directory = await mkdtemp(join(tmpdir(), 'glidein-bench-grants-'));
    const core = await Core.open({
      settings: {
        directory,
        host: '127.0.0.1',
        port: 0,
        leaseSeconds: 2400,
        mostLostPilots: 5,
        periodicSeconds: 3600,
        synchronous: 'FULL',
        jobMemoryBytes: 4 * 2 ** 30,
      },
      clock: systemClock,
      logger: createLogger('bench', { level: 'warn' }),
      onBroken: (error) => {
        throw error;
      },
    });
    return new BenchCore(core, directory);
  }

  /** Submits clusters of jobs that differ in their arguments; each cluster is an autocluster of its own. */
  async submit(clusters: number, size: number, owners: number): Promise<void> {
    const { ledger } = this.core;
    const data = Buffer.from(JSON.stringify({ attributes: { Args: '"--seed $(ProcId)"' }, inputs: [] }));
    for (let cluster = 1; cluster <= clusters; cluster += 1) {
      void ledger.record({
        type: 'submit',
        at: Date.now(),
        cluster,
        key: `k${cluster}`,
        owner: `user${cluster % owners}`,
        ad: jobTexts({ Kind: String(cluster), Requirements: 'TARGET.Cpus >= 1 && Kind >= 0' }),
        procs: { count: size, parts: [{ kind: 'series', first: 0, count: size, data, names: ['args'] }] },
      });
      if (cluster % 50 === 0) await nextTurn();
    }
    await ledger.settled();
    await ledger.foldNow();
  }

  /** @param draining the negotiator of the pool passes these pilots over */
  register(pilots: number, draining: boolean): void {
    const connection = {
      send: () => undefined,
      sendPrinted: (message: string) => {
        this.starts += 1;
        this.onStart?.(JSON.parse(message) as Start);
      },
      close: () => undefined,
    };
    for (let pilot = 0; pilot < pilots; pilot += 1) {
      const uid = `00000000-0000-4000-8000-${String(pilot).padStart(12, '0')}`;
      const slot = slotTexts({ Cpus: '10', Memory: '40960', Disk: '104857600' });
      const facts = { uid, name: `pilot-${pilot}`, group: 'bench', site: 'here', slot, draining };
      this.core.pilots.register(
        { type: 'hello', protocol: 1, claims: [], retireIn: 86_400, ...facts },
        connection,
      );
    }
    this.core.pilots.changed();
  }

  async destroy(): Promise<void> {
    await this.core.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
