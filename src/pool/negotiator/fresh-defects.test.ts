import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import { submitAnswer } from '#wire/jobs.ts';

describe('defects of procs that nobody has claimed', () => {
  let pool: TestPool;

  beforeEach(async () => {
    pool = await TestPool.start();
  });
  afterEach(() => pool.destroy());

  async function submit(procs: readonly AdTexts[] | number, ad: AdTexts = {}): Promise<number> {
    const list =
      typeof procs === 'number'
        ? { count: procs, attributes: { Args: '"$(ProcId)"' }, inputs: [] }
        : procs.map((attributes) => ({ attributes, inputs: [] }));
    const json = { ...submitOf(1, ad), procs: list };
    const client = pool.client('submitter', 'alice');
    return (await client.json('/v1/jobs', submitAnswer, { method: 'POST', json })).cluster;
  }
  async function restart(change: (db: DatabaseSync) => void): Promise<void> {
    await pool.stop();
    const db = new DatabaseSync(join(pool.directory, 'pool.db'));
    change(db);
    db.close();
    pool = await TestPool.start({ directory: pool.directory });
  }
  /** Overwrites some of the stored differences. */
  const damage = (from: string, to: string) =>
    restart((db) => {
      const { data } = db.prepare('SELECT data FROM differences').get() as { data: Uint8Array };
      const text = Buffer.from(data).toString().replace(from, to);
      db.prepare('UPDATE differences SET data = ?').run(Buffer.from(text));
    });
  async function startPilot(): Promise<void> {
    const token = await pool.token('pilot', 'u1');
    await ScriptedPilot.start({ url: pool.url, token, uid: 'u1' });
  }
  const states = (cluster: number) =>
    [...pool.core.queue.jobsOf(cluster)].map(
      ({ state, attributes }) => `${state} ${attributes['Args'] ?? ''}`,
    );

  it('a proc never runs without the differences that cannot be read, and its neighbours run', async () => {
    const cluster = await submit([{ Args: '"0"' }, { Args: '"1"' }, { Args: '"2"' }]);
    await damage(String.raw`"\"1\""`, 'damaged');
    await startPilot();
    await eventually(() => expect(states(cluster)).toEqual(['Running "0"', 'Held ', 'Running "2"']));
  });

  it('a series whose differences cannot be read is held as one', async () => {
    const cluster = await submit(1e9);
    await damage('{', 'x');
    await eventually(() => expect(pool.core.queue.countIn('Held')).toBe(1e9));
    expect(pool.core.queue.fresh(cluster)?.shared.hold?.reason).toMatch(/differences .* not JSON/);
  });

  it('a limit of a cluster that cannot be read does not keep the pool from starting', async () => {
    const cluster = await submit([{}], { JobMaterializeMaxIdle: '5', Requirements: 'false' });
    await pool.core.ledger.foldNow();
    await restart((db) => {
      db.exec(`UPDATE clusters SET record = json_set(record, '$.ad.JobMaterializeMaxIdle', '(((')`);
    });
    await eventually(() => expect(states(cluster)).toEqual(['Held ']));
  });
});
