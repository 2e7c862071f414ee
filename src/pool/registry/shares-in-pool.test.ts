import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PoolClient } from '#client/pool-client.ts';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { type DemandAnswer, demandAnswer } from '#wire/bid.ts';
import { wholeOf } from '#wire/demand-difference.ts';
import { submitAnswer } from '#wire/jobs.ts';

/** A site that asks as an operator does, and starts only what a test says. */
class AskingSite {
  readonly #client: PoolClient;
  readonly #site: string;
  readonly #isOlder: boolean;
  readonly #uids: string[] = [];
  #last: DemandAnswer | undefined;
  #questions = 0;

  constructor(pool: TestPool, site: string, isOlder = false) {
    this.#client = pool.client('operator', site);
    this.#site = site;
    this.#isOlder = isOlder;
  }

  async ask(since?: number): Promise<DemandAnswer> {
    this.#questions += 1;
    const group = { name: 'g', template: slotTexts(), wanted: 0, decision: 'None', limits: [], phases: {} };
    const starting = this.#uids.length;
    const news = { policy: 'p', headroom: 50 - starting, starting };
    const sent = await this.#client.json(`/v1/bidders/${this.#site}`, demandAnswer, {
      method: 'POST',
      json: {
        groups: [this.#isOlder ? group : { ...group, ...news }],
        ask: `${this.#site}-${this.#questions}`,
        base: this.#last?.ask,
        ...(since === undefined ? {} : { since, waitSeconds: 10 }),
      },
    });
    this.#last = wholeOf(sent, this.#last);
    return this.#last;
  }

  /** The jobs that it is told to reckon with. */
  async share(): Promise<number> {
    const { autoclusters } = await this.ask();
    return autoclusters.reduce(
      (sum, { count, shares }) => sum + (shares === undefined ? count : (shares['p'] ?? 0)),
      0,
    );
  }

  async announce(...uids: string[]): Promise<void> {
    this.#uids.push(...uids);
    await this.#client.raw(`/v1/bidders/${this.#site}/pilots`, {
      method: 'POST',
      json: {
        session: this.#site,
        complete: true,
        pilots: this.#uids.map((uid) => ({ uid, name: uid, group: 'g', registered: false })),
      },
    });
  }
}

let pool: TestPool;
const pilots: ScriptedPilot[] = [];
beforeEach(async () => {
  pool = await TestPool.start();
});
afterEach(async () => {
  for (const pilot of pilots.splice(0)) pilot.cut();
  await pool.destroy();
});

const submit = (procs: number, more: Readonly<Record<string, string>> = {}) =>
  pool.client('submitter', 'alice').json('/v1/jobs', submitAnswer, {
    method: 'POST',
    json: submitOf(procs, { RequestCpus: '4', ...more }),
  });

async function sites(...older: readonly boolean[]): Promise<AskingSite[]> {
  const all = older.map((isOlder, n) => new AskingSite(pool, `site-${n}`, isOlder));
  for (const site of all) await site.announce();
  for (const site of all) await site.ask();
  return all;
}

const sharesOf = async (all: readonly AskingSite[]) => {
  const shares: number[] = [];
  for (const site of all) shares.push(await site.share());
  return shares;
};

describe('the demand of a pool that several sites feed', () => {
  it('is divided among them, and a pilot that starts or registers moves nothing to another site', async () => {
    const all = await sites(false, false, false);
    await submit(60);
    expect(await sharesOf(all)).toEqual([20, 20, 20]);
    const uids = Array.from({ length: 5 }, (_, n) => `uid-${n}`);
    await all[0]?.announce(...uids);
    expect(await sharesOf(all)).toEqual([20, 20, 20]);
    for (const uid of uids) {
      const token = await pool.token('pilot', uid);
      const hello = { name: uid, group: 'g', site: 'site-0' };
      pilots.push(await ScriptedPilot.start({ url: pool.url, uid, token, slot: slotTexts(), hello }));
    }
    await eventually(async () =>
      expect((await sharesOf(all)).reduce((sum, share) => sum + share, 0)).toBe(55),
    );
  });

  it('leaves out jobs that the quota of their group holds back, for which no pilot would help', async () => {
    const all = await sites(false, false);
    const groups = [{ name: 'atlas', cores: 24, surplus: false }];
    pool.core.accountant.configure({ halfLife: '24h', groups }, 0);
    await submit(50, { AcctGroup: '"atlas"' });
    expect(await sharesOf(all)).toEqual([3, 3]);
    await submit(4);
    expect(await sharesOf(all)).toEqual([5, 5]);
  });

  it('stays readable, and others of the group get pilots, whatever cores jobs of the group ask for', async () => {
    const all = await sites(false, false);
    const groups = [{ name: 'atlas', cores: 24, surplus: false }];
    pool.core.accountant.configure({ halfLife: '24h', groups }, 0);
    for (const rank of ['1', '2'])
      await submit(1, { AcctGroup: '"atlas"', RequestCpus: 'real("INF")', Rank: rank });
    const json = submitOf(50, { AcctGroup: '"atlas"', RequestCpus: '4' });
    await pool.client('submitter', 'bob').json('/v1/jobs', submitAnswer, { method: 'POST', json });
    const { autoclusters } = (await all[0]?.ask()) ?? {};
    expect(autoclusters?.map(({ count }) => count)).toEqual([1, 6]);
  });

  it('leaves out what the pilots of a site cannot run although it declares that they can', async () => {
    const all = await sites(false, false);
    const uids = ['u1', 'u2', 'u3'];
    await all[0]?.announce(...uids);
    for (const uid of uids) {
      const token = await pool.token('pilot', uid);
      const hello = { name: uid, group: 'g', site: 'site-0' };
      const slot = slotTexts({ Cpus: '2' });
      pilots.push(await ScriptedPilot.start({ url: pool.url, uid, token, slot, hello }));
    }
    await submit(10);
    expect(await sharesOf(all)).toEqual([0, 10]);
  });

  it('reaches a site of an older version as its part, as if that were all', async () => {
    const all = await sites(false, true);
    await submit(30);
    const answers = await Promise.all(all.map((site) => site.ask()));
    expect(answers[0]?.autoclusters).toMatchObject([{ count: 30, shares: { p: 10 } }]);
    expect(answers[1]?.autoclusters[0]?.count).toBe(20);
    expect(answers[1]?.autoclusters[0]?.shares).toBeUndefined();
  });

  it('is told whole to the only site, of any version', async () => {
    const [alone] = await sites(true);
    await submit(30);
    expect(await alone?.share()).toBe(30);
    const answer = await alone?.ask();
    expect(answer?.autoclusters[0]?.shares).toBeUndefined();
  });

  it('is told again to the site that waits for a change when another site joins', async () => {
    const [first] = await sites(false);
    const second = new AskingSite(pool, 'late');
    await second.announce();
    await submit(30);
    await eventually(async () => expect(await first?.share()).toBe(30));
    const waiting = first?.ask(pool.core.demandChange.version);
    await eventually(async () => expect(await second.share()).toBe(15));
    expect((await waiting)?.autoclusters[0]?.shares).toEqual({ p: 15 });
  });
});
