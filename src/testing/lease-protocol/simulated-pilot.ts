import { Pilot } from '#pilot/pilot.ts';
import type { PilotParts } from '#pilot/pilot-parts.ts';
import { pilotOrder } from '#spec/pilot-order.ts';
import { createLogger } from '#telemetry/logger.ts';
import { type PoolMessage, poolMessage } from '#wire/pool-messages.ts';
import { slotTexts } from '../ads.ts';
import type { Mutation } from './mutation.ts';
import { type Line, SimulatedSocket } from './simulated-network.ts';
import { type PayloadWitness, SimulatedPayload } from './simulated-payload.ts';
import type { SimulatedPool } from './simulated-pool.ts';
import { SimulatedProcess, type SimulatedTime } from './simulated-time.ts';

interface Options {
  readonly time: SimulatedTime;
  readonly random: () => number;
  readonly rate: number;
  readonly uid: string;
  readonly line: Line;
  readonly pool: SimulatedPool;
  readonly witness: PayloadWitness;
  /** Milliseconds by its clock that a payload runs at most. */
  readonly longest: number;
  readonly mutation: Mutation;
  /** Called with each message of the pool that arrives. */
  readonly heard: (message: PoolMessage) => void;
}

const order = (uid: string) =>
  pilotOrder.parse({
    name: `pilot-${uid}`,
    uid,
    group: 'g',
    site: 's',
    pool: { url: 'http://pool', tokenFile: '/nonexistent/token' },
    directory: '/nonexistent',
    cacheDirectory: '/nonexistent',
    spec: {
      cpus: 2,
      memory: '2Gi',
      lifetimes: { maxIdle: '100d', maxTail: '100d', retireAfter: '100d', endAfter: '101d' },
    },
  });

/** A real pilot whose containers, connections and clock are simulated. */
export class SimulatedPilot {
  readonly uid: string;
  readonly #process: SimulatedProcess;
  readonly #sockets = new Set<SimulatedSocket>();

  constructor({ time, random, rate, uid, line, pool, witness, mutation, longest, heard }: Options) {
    this.uid = uid;
    const process = new SimulatedProcess(time, rate);
    this.#process = process;
    const { clock } = process;
    const { lease } = mutation;
    const parts: PilotParts = {
      node: {
        apptainer: { path: '/nonexistent', version: '1', tier: 'A' },
        slot: slotTexts({ Cpus: '2' }),
      },
      address: { url: 'http://pool', token: () => 'token' },
      guardian: { add() {}, drop() {}, close() {} } as unknown as PilotParts['guardian'],
      newPayload: SimulatedPayload.maker({ clock, random, uid, witness, longest }),
      connect: (_url, options) => {
        const socket = SimulatedSocket.connect(time, line, process, () => pool.listener(uid), options);
        const end = socket as unknown as SimulatedSocket;
        this.#sockets.add(end);
        socket.on('close', () => this.#sockets.delete(end));
        socket.on('message', (data) =>
          heard(poolMessage.parse(JSON.parse((data as Buffer).toString('utf8')))),
        );
        return socket;
      },
      ...(lease && { lease: (events) => lease(clock, events) }),
    };
    const logger = createLogger('pilot', { level: 'silent' });
    void new Pilot(order(uid), { clock, random, logger, environment: {} }, parts).run();
  }

  get isAlive(): boolean {
    return this.#process.isAlive;
  }

  /** SIGKILL: its guardian kills its payloads. */
  kill(): void {
    this.#process.isAlive = false;
    for (const socket of this.#sockets) socket.die();
  }

  /** Its connection breaks. */
  reset(): void {
    for (const socket of this.#sockets) socket.break();
  }
}
