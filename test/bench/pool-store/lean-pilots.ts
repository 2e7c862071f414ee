import { WebSocket } from 'ws';
import type { Start } from '#wire/pool-messages.ts';
import { protocolVersion } from '#wire/protocol.ts';
import type { MeasuredPool } from './measured-pool.ts';
import { realSlot } from './real-slot.ts';

interface LeanPilotsOptions {
  readonly pool: Pick<MeasuredPool, 'url' | 'token'>;
  readonly count: number;
  /** Called when the pool has said that the end of a job is recorded, with the milliseconds since its `start` came. */
  readonly onRecorded: (milliseconds: number) => void;
}

/** Sockets that are opened at the same time. */
const together = 50;

/**
 * Pilots that cost as little as possible, because they share the machine with the pool that is measured: each is one real
 * WebSocket, and each job ends the moment it comes.
 */
export class LeanPilots {
  readonly #sockets: WebSocket[] = [];
  readonly #options: LeanPilotsOptions;
  readonly #begun = new Map<string, number>();
  readonly #slot = realSlot();

  private constructor(options: LeanPilotsOptions) {
    this.#options = options;
  }

  static async start(options: LeanPilotsOptions): Promise<LeanPilots> {
    const pilots = new LeanPilots(options);
    for (let first = 0; first < options.count; first += together) {
      const size = Math.min(together, options.count - first);
      await Promise.all(Array.from({ length: size }, (_, index) => pilots.#connect(`lean-${first + index}`)));
    }
    return pilots;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  async #connect(uid: string): Promise<void> {
    const { pool } = this.#options;
    const socket = new WebSocket(`${pool.url.replace(/^http/, 'ws')}/v1/pilot`, {
      headers: { authorization: `Bearer ${await pool.token('pilot', uid)}` },
      perMessageDeflate: false,
    });
    this.#sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => {
        socket.send(
          JSON.stringify({
            type: 'hello',
            protocol: protocolVersion,
            uid,
            name: `pilot-${uid}`,
            group: 'bench',
            site: 'here',
            slot: this.#slot,
            retireIn: 86_400,
            draining: false,
            claims: [],
          }),
        );
      });
      socket.on('error', reject);
      socket.on('message', (data: Buffer) => {
        const text = data.toString('utf8');
        if (text.startsWith('{"type":"welcome"')) resolve();
        else if (text.startsWith('{"type":"start"')) this.#run(socket, JSON.parse(text) as Start);
        else if (text.startsWith('{"type":"recorded"')) this.#recorded(JSON.parse(text) as Start);
      });
    });
  }

  #run(socket: WebSocket, { claim }: Start): void {
    const now = Date.now();
    this.#begun.set(claim.id, performance.now());
    socket.send(JSON.stringify({ type: 'started', claim, at: now }));
    socket.send(
      JSON.stringify({
        type: 'finished',
        claim,
        outcome: { kind: 'exited', exitCode: 0 },
        startedAt: now,
        endedAt: now,
        usage: { wallSeconds: 0.01, cpuSeconds: 0.01, memoryPeakBytes: 1_048_576 },
        outputs: [],
      }),
    );
  }

  #recorded({ claim }: Pick<Start, 'claim'>): void {
    const begun = this.#begun.get(claim.id);
    this.#begun.delete(claim.id);
    if (begun !== undefined) this.#options.onRecorded(performance.now() - begun);
  }
}
