import { expect, it } from 'vitest';
import { Announcer } from '#backend/announcer.ts';
import { Deaths } from '#backend/deaths.ts';
import type { AnnouncedPilot } from '#backend/pool.ts';
import { PoolListener } from '#backend/pool-listener.ts';
import { type Clock, systemClock } from '#base/clock.ts';
import { DemandRecord } from '#fleet/pool-demand.ts';
import { eventually } from '../eventually.ts';
import { announced, question } from './announced.ts';
import { type PoolWorld, told } from './pool-world.ts';

/** A site as operators are: it listens, announces its pilots, tells of deaths, and keeps what it heard. */
class ListeningSite {
  readonly living: AnnouncedPilot[];
  readonly deaths = new Deaths();
  readonly record: DemandRecord;
  /** Milliseconds by which its clock is ahead. */
  ahead = 0;
  answers = 0;
  readonly #listener: PoolListener;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(world: PoolWorld, session: string, ...living: AnnouncedPilot[]) {
    this.living = living;
    const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + this.ahead };
    this.record = new DemandRecord(clock);
    const announcer = new Announcer({ session, living: () => this.living, clock });
    this.#listener = new PoolListener({
      pool: 'p',
      open: async () => world.pool,
      bid: () => ({ ...question(), waitSeconds: 5 }),
      announcer,
      deaths: this.deaths,
      onAnswer: (answer, { at, freshFor }) => {
        this.answers += 1;
        const acknowledgedAt = (uid: string) => announcer.acknowledgedAt(uid);
        this.record.answered(answer, { askedAt: at, freshFor, acknowledgedAt });
        this.deaths.askAgain(answer.missing);
        this.#listener.wake();
      },
      onFailure: (_error, reason) => this.record.failed(reason),
      onDeathTold: () => {},
      onDeathRefused: () => {},
      onAnnouncementRejected: () => {},
      clock,
      random: () => 0.5,
    });
    this.deaths.onDeath(() => this.#listener.wake());
    this.#running = this.#listener.run(this.#stop.signal);
  }

  get knows(): boolean {
    return this.record.look().known;
  }

  wake(): void {
    this.#listener.wake();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

/** What sites rely on when they listen to a pool, with the code that they use for it. */
export function listenerPromises(current: () => PoolWorld): void {
  it('a listener knows the demand while its pool answers, nothing while it is away, and the demand again after it', async () => {
    const world = current();
    const site = new ListeningSite(world, 's');
    await eventually(() => expect(site.knows).toBe(true));
    await world.bench.stop();
    await eventually(() => expect(site.knows).toBe(false));
    await world.bench.start();
    await eventually(() => expect(site.knows).toBe(true));
    expect((await world.ask()).session).toBe('s');
    await site.end();
  });

  it('what a listener heard becomes unknown by itself when it is too old', async () => {
    const site = new ListeningSite(current(), 's');
    await eventually(() => expect(site.knows).toBe(true));
    await site.end();
    expect(site.knows).toBe(true);
    site.ahead = 40_000;
    expect(site.record.look()).toMatchObject({ known: false, reason: expect.stringContaining('too old') });
  });

  it('of two leaders of one site, one after the other, the pool goes by the one that announced last', async () => {
    const world = current();
    const former = new ListeningSite(world, 'former', announced('u1'));
    await eventually(() => expect(former.knows).toBe(true));
    await former.end();
    const present = new ListeningSite(world, 'present', announced('u2'));
    await eventually(async () => expect((await world.ask()).session).toBe('present'));
    await eventually(() => expect(present.knows).toBe(true));
    await present.end();
  });

  it('pilots that come faster than the pool answers are all announced, and keep no answer away', async () => {
    const world = current();
    const site = new ListeningSite(world, 's');
    await eventually(() => expect(site.knows).toBe(true));
    const before = site.answers;
    for (let count = 0; count < 300; count += 1) {
      site.living.push(announced(`u${count}`));
      site.wake();
      if (count % 10 === 0) await world.bench.submit(1);
    }
    await eventually(() => expect(site.record.look()).toMatchObject({ known: true }));
    await eventually(() => expect(site.answers).toBeGreaterThan(before));
    // One of the last may register: it was announced.
    await world.bench.startPilot('here', 'u299');
    await world.answers((answer) => expect(told(answer, 'u299')?.name).toBe('pilot-u299'));
    await site.end();
  });

  it('a death that is noted while the pool is away is told when it is back, and its jobs run again once', async () => {
    const world = current();
    const site = new ListeningSite(world, 's', announced('u1', true), announced('u2'));
    await eventually(async () => expect((await world.ask()).session).toBe('s'));
    const dead = await world.bench.startPilot('here', 'u1');
    await world.bench.submit(2);
    await eventually(() => expect(world.bench.executions()).toBe(2));
    await dead.disconnect();
    await world.bench.stop();
    site.living.shift();
    site.deaths.note('u1', 'p', 'its node burned');
    await world.bench.start();
    await eventually(() => expect(site.deaths.isTold('u1')).toBe(true));
    await world.bench.startPilot('here', 'u2');
    await eventually(() => expect(world.bench.executions()).toBe(4));
    await eventually(() => expect(site.knows).toBe(true));
    await site.end();
    expect(world.bench.executions()).toBe(4);
  });
}
