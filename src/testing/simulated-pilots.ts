import type { GroupsSite } from './groups-world.ts';
import { ScriptedPilot } from './scripted-pilot.ts';

/** Milliseconds between signs of life. */
const renewEvery = 10_000;

/** A kubelet and a pilot for every pod of a site: each pod runs, registers, takes a job and never ends it. */
export class SimulatedPilots {
  readonly #site: GroupsSite;
  readonly #pilots = new Map<string, ScriptedPilot>();
  readonly #begun = new Set<string>();
  #sequence = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(site: GroupsSite) {
    this.#site = site;
  }

  get registered(): number {
    return this.#pilots.size;
  }

  /** Looks for new pods from now on. */
  run(): void {
    let looks = 0;
    this.#timer = setInterval(() => {
      for (const [name, uids] of this.#site.witnessed) {
        const [uid] = uids;
        if (uid === undefined || this.#begun.has(name)) continue;
        this.#begun.add(name);
        this.#start(name, uid).catch(() => this.#begun.delete(name));
      }
      looks += 1;
      if (looks % (renewEvery / 100) === 0) this.#renew();
    }, 100);
  }

  /** Cuts the connections of some pilots; they come back at once. */
  async reconnect(some: number): Promise<void> {
    for (const [name, pilot] of [...this.#pilots].slice(0, some)) {
      pilot.cut();
      this.#pilots.delete(name);
      this.#pilots.set(name, await this.#connect(name, pilot.uid));
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const pilot of this.#pilots.values()) pilot.cut();
  }

  async #start(name: string, uid: string): Promise<void> {
    const startedAt = new Date().toISOString();
    const container = {
      name: 'pilot',
      image: 'i',
      imageID: 'sha256:1',
      ready: false,
      restartCount: 0,
      state: { running: { startedAt } },
    };
    await this.#site.kubelet(name, { phase: 'Running', containerStatuses: [container] });
    this.#pilots.set(name, await this.#connect(name, uid));
  }

  async #connect(name: string, uid: string): Promise<ScriptedPilot> {
    const { pool } = this.#site;
    const claims = pool.core.queue
      .heldBy(uid)
      .flatMap(({ claim, state }) => (state === 'Running' ? [claim.ref] : []));
    const pilot = await ScriptedPilot.start({
      url: pool.url,
      token: await pool.token('pilot', uid),
      uid,
      slot: { Cpus: '4', Memory: '4096', Disk: '2097152' },
      hello: { name, group: 'g', site: 'here', claims },
    });
    pilot
      .next('start', () => true, 600_000)
      .then(
        (start) => pilot.started(start),
        () => undefined,
      );
    return pilot;
  }

  #renew(): void {
    this.#sequence += 1;
    for (const pilot of this.#pilots.values()) {
      if (pilot.ended === undefined) pilot.say({ type: 'renew', sequence: this.#sequence });
    }
  }
}
