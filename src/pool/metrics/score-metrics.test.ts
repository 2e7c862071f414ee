import { Registry } from 'prom-client';
import { beforeEach, describe, expect, test } from 'vitest';
import { ClassAd } from '#classad/class-ad.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { ScoreMetrics } from './score-metrics.ts';

let clock: ManualClock;
let registry: Registry;
let slot: ClassAd | undefined;
let scores: ScoreMetrics;
beforeEach(() => {
  clock = new ManualClock(0);
  registry = new Registry();
  slot = undefined;
  scores = new ScoreMetrics(registry, clock, () => slot, true);
});

const names = { submitter: 'alice', group: 'atlas' };

const claim = (id: string, cpus = 2) => ({
  ref: { generation: 'g', id, epoch: 1 },
  pilotUid: 'u',
  site: 's',
  takes: { cpus, memory: 1, disk: 1, gpus: 0 },
});

const slotWith = (score: string) => ClassAd.fromTexts({ HS23: score });

/** All series without their comments. */
async function series(): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}
const sums = (seconds: number) => [
  `glidein_pool_submitter_score_seconds_total{submitter="alice"} ${seconds}`,
  `glidein_pool_accounting_group_score_seconds_total{accounting_group="atlas"} ${seconds}`,
];

describe('score-seconds', () => {
  test('do not exist where no attribute is named', async () => {
    slot = slotWith('12.5');
    scores.begins(claim('1'), names);
    clock.advance(30_000);
    expect(await series()).toEqual([]);
  });

  test('grow by the score that the slot had when the claim began, whatever it says later', async () => {
    scores.weighBy('HS23', []);
    slot = slotWith('12.5');
    scores.begins(claim('1'), names);
    slot = slotWith('1000');
    scores.weighBy(undefined, [[claim('1'), names]]);
    clock.advance(30_000);
    expect(await series()).toEqual(sums(750));
  });

  test.each([
    ['undefined', 'undefined'],
    ['a word', '"fast"'],
    ['an error', 'error'],
    ['zero', '0'],
    ['negative', '-3'],
    ['infinite', 'real("INF")'],
    ['not a number', 'real("NaN")'],
    ['larger than any measurement', '1e300'],
  ])('leave out a slot whose score is %s, and another series says how much that is', async (_what, score) => {
    scores.weighBy('HS23', []);
    slot = slotWith(score);
    scores.begins(claim('1'), names);
    clock.advance(30_000);
    scores.over(claim('1'));
    clock.advance(30_000);
    expect(await series()).toEqual(['glidein_pool_unscored_core_seconds_total{site="s"} 60']);
  });

  test('stay the same to the last bit when all claims are over, in whatever order they end', async () => {
    scores.weighBy('HS23', []);
    slot = slotWith('0.1');
    scores.begins(claim('1', 3), names);
    slot = slotWith('999999.7');
    scores.begins(claim('2', 0.3), names);
    clock.advance(30_000);
    scores.over(claim('1', 3));
    scores.over(claim('2', 0.3));
    const before = await series();
    clock.advance(3_600_000);
    expect(await series()).toEqual(before);
  });

  test('of a claim that is older than this process begin once its pilot is back', async () => {
    scores.weighBy('HS23', []);
    scores.begins(claim('1'), names);
    scores.begins(claim('2'), names);
    scores.over(claim('2'));
    clock.advance(30_000);
    expect(await series()).toEqual([]);
    slot = slotWith('2');
    await series();
    clock.advance(10_000);
    expect(await series()).toEqual(sums(40));
  });

  test('of a claim that began while no attribute was named begin once one is, and count it once', async () => {
    slot = slotWith('2');
    scores.begins(claim('1'), names);
    clock.advance(30_000);
    scores.weighBy('HS23', [[claim('1'), names]]);
    clock.advance(10_000);
    scores.weighBy('HS23', [[claim('1'), names]]);
    clock.advance(10_000);
    scores.over(claim('1'));
    clock.advance(10_000);
    expect(await series()).toEqual(sums(80));
  });

  test('of a claim count for another group from when its submitter belongs to that', async () => {
    scores.weighBy('HS23', []);
    slot = slotWith('2');
    scores.begins(claim('1'), names);
    clock.advance(10_000);
    scores.weighBy('HS23', [[claim('1'), { ...names, group: 'cms' }]]);
    clock.advance(10_000);
    scores.over(claim('1'));
    clock.advance(10_000);
    expect(await series()).toEqual([
      'glidein_pool_submitter_score_seconds_total{submitter="alice"} 80',
      'glidein_pool_accounting_group_score_seconds_total{accounting_group="atlas"} 40',
      'glidein_pool_accounting_group_score_seconds_total{accounting_group="cms"} 40',
    ]);
  });

  test('name no submitter where everybody may read them', async () => {
    registry = new Registry();
    const open = new ScoreMetrics(registry, clock, () => slotWith('1'), false);
    open.weighBy('HS23', []);
    open.begins(claim('1'), names);
    expect(await registry.metrics()).not.toContain('alice');
  });
});
