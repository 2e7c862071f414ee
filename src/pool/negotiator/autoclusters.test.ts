import { describe, expect, it } from 'vitest';
import { jobTexts, slotAd } from '#testing/ads.ts';
import { randomOf } from '#testing/random-of.ts';
import { submitted } from '#testing/submitted.ts';
import { freshProcs } from '../jobs/fresh-procs.ts';
import { type Job, jobName } from '../jobs/job.ts';
import { JobAds } from '../jobs/job-ads.ts';
import { keyOf } from '../jobs/job-key.ts';
import type { ProcDifferences } from '../jobs/packed-procs.ts';
import { apply } from '../queue/apply.ts';
import { Queue } from '../queue/queue.ts';
import { Autoclusters } from './autoclusters.ts';

class Scene {
  readonly queue = new Queue();
  readonly defects: { job: Job; error: unknown }[] = [];
  readonly turns: (() => void)[] = [];
  readonly autoclusters: Autoclusters;
  #clusters = 0;

  constructor(later?: boolean) {
    this.autoclusters = new Autoclusters(new JobAds(), {
      onDefect: (job, error) => this.defects.push({ job, error }),
      ...(later === true && { later: (run) => this.turns.push(run) }),
    });
  }

  submit(
    owner: string,
    ad: Readonly<Record<string, string>>,
    procs: number | readonly ProcDifferences[] = 1,
  ): readonly Job[] {
    this.#clusters += 1;
    const { fresh } = submitted(this.queue, { cluster: this.#clusters, owner, ad: jobTexts(ad), procs });
    for (const each of fresh) Array.from(this.autoclusters.updateFresh(each));
    return [...this.queue.jobsOf(this.#clusters)];
  }

  groups(): string[][] {
    return [...this.autoclusters.all()].map(({ waiting }) =>
      [...waiting].map(({ cluster, proc }) => `${cluster.owner} ${cluster.id}.${proc}`),
    );
  }
}

describe('autoclusters', () => {
  it('the defect of an autocluster concerns no procs of the same cluster that are in another one', () => {
    const scene = new Scene();
    const own = (memory: string) => ({ attributes: { RequestMemory: memory }, inputs: [] });
    scene.submit('alice', {}, [own('1'), own('2'), own('1')]);
    scene.submit('alice', {}, 3);
    const out = [...scene.autoclusters.all()].map((each) => scene.autoclusters.takeOutAll(each).map(jobName));
    expect(out).toEqual([['1.0', '1.2'], ['1.1'], [`2.${freshProcs}`]]);
    expect(scene.groups()).toEqual([]);
  });

  it('equal jobs of two users are in different autoclusters', () => {
    const scene = new Scene();
    scene.submit('bob', {});
    scene.submit('alice', {});
    scene.submit('alice', {});
    expect(scene.groups()).toEqual([['bob 1.0'], ['alice 2.0', 'alice 3.0']]);
  });

  it('a policy tells jobs apart that were alike before it asked', () => {
    const scene = new Scene();
    scene.submit('alice', { Kind: '1' });
    scene.submit('alice', { Kind: '2' });
    expect(scene.groups()).toEqual([['alice 1.0', 'alice 2.0']]);
    scene.autoclusters.learn('site:s', ['Kind']);
    expect(scene.groups()).toEqual([['alice 1.0'], ['alice 2.0']]);
    scene.submit('alice', { Kind: '2' });
    expect(scene.groups()).toEqual([['alice 1.0'], ['alice 2.0', 'alice 3.0']]);
  });

  it('attributes that nobody asks for any more do not separate new jobs, and make room for others', () => {
    const scene = new Scene();
    const many = (word: string) => Array.from({ length: 600 }, (_, index) => `${word}${index}`);
    scene.autoclusters.learn('site:a', many('a'));
    expect(() => scene.autoclusters.learn('site:b', many('b'))).toThrow(/1000 attributes/);
    scene.autoclusters.forget('site:a');
    scene.autoclusters.learn('site:b', many('b'));
    scene.submit('alice', { A1: '1' });
    scene.submit('alice', { A1: '2' });
    expect(scene.groups()).toEqual([['alice 1.0', 'alice 2.0']]);
  });

  it('jobs that leave or are learned about anew while they are sorted again are in one autocluster in the end, or in none', () => {
    const random = randomOf(3);
    const scene = new Scene(true);
    const count = 3_000;
    const procs = Array.from({ length: count }, (_, proc) => ({
      attributes: { Kind: `"k${proc % 7}"`, Colour: `"c${proc % 3}"` },
      inputs: [],
    }));
    scene.submit('alice', {}, procs);
    const gone = new Set<number>();
    const learned = ['Kind', 'Colour', 'Shape'];
    scene.autoclusters.learn('site:0', ['Never']);
    for (let round = 0; round < 3 || scene.turns.length > 0; round += 1) {
      if (learned.length > 0) scene.autoclusters.learn(`site:${learned.length}`, [learned.shift() ?? '']);
      for (let each = 0; each < 20; each += 1) {
        const proc = Math.floor(random() * count);
        const job = gone.has(proc) ? undefined : scene.queue.materialize({ cluster: 1, proc });
        if (job === undefined) continue;
        gone.add(proc);
        scene.autoclusters.takeOut(job);
      }
      scene.turns.shift()?.();
    }
    const all = scene.groups();
    expect(all).toHaveLength(21);
    expect(new Set(all.flat()).size).toBe(all.flat().length);
    expect(all.flat()).toHaveLength(count - gone.size);
    for (const each of all) expect(new Set(each.map((name) => Number(name.split('.')[1]) % 21)).size).toBe(1);
  });

  it('a new significant attribute does not make the pool sort every job in one turn', () => {
    const scene = new Scene(true);
    const kinds = Array.from({ length: 50_000 }, (_, proc) => ({
      attributes: { Kind: `"k${proc % 7}"` },
      inputs: [],
    }));
    scene.submit('alice', {}, kinds);
    const began = performance.now();
    scene.autoclusters.learnSlot('u1', slotAd({ Start: 'TARGET.Kind == "k1"' }));
    const firstTurn = performance.now() - began;
    const turns: number[] = [];
    for (let turn = scene.turns.shift(); turn !== undefined; turn = scene.turns.shift()) {
      expect(scene.autoclusters.isSorting).toBe(true);
      const from = performance.now();
      turn();
      turns.push(performance.now() - from);
      const waiting = [...scene.autoclusters.all()].reduce((sum, each) => sum + each.waiting.size, 0);
      expect(waiting).toBe(50_000);
    }
    const whole = turns.reduce((sum, each) => sum + each, firstTurn);
    expect(scene.autoclusters.isSorting).toBe(false);
    expect(turns.length).toBeGreaterThan(1);
    expect(firstTurn).toBeLessThan(whole / 2);
    expect(scene.groups()).toHaveLength(7);
    expect(scene.groups().flat()).toHaveLength(50_000);
  });

  it('a job whose ad cannot be read is left out, named, and comes in again once it is released', () => {
    const scene = new Scene();
    const [job] = scene.submit('alice', { Foo: '((( ' });
    scene.submit('alice', {});
    expect(scene.groups()).toEqual([['alice 2.0']]);
    expect(scene.defects).toMatchObject([
      { job: { proc: freshProcs }, error: expect.stringContaining('Foo') },
    ]);
    if (job === undefined) return;
    const { jobs } = apply(scene.queue, { type: 'hold', at: 1, job: keyOf(job), code: 26, reason: 'r' });
    for (const held of jobs) scene.autoclusters.update(held);
    expect(scene.defects).toHaveLength(1);
  });

  it('a priority that is not a number counts as 0', () => {
    const scene = new Scene();
    scene.submit('mallory', { n: '{n.n, [A = "x + 1"]}', JobPrio: 'isUndefined(n.Cpus) ? 1 : real("nan")' });
    scene.submit('mallory', { JobPrio: 'real("nan")' });
    expect([...scene.autoclusters.all()].map(({ priority }) => priority)).toEqual([0, 0]);
    expect(scene.defects).toEqual([]);
  });

  it('a suspect whose rest is over before it is sorted again does not stand with jobs that may have neighbours', () => {
    const scene = new Scene();
    scene.submit('alice', {}, 2);
    const suspect = scene.queue.materialize({ cluster: 1, proc: 0 });
    if (suspect === undefined) throw new Error('no job');
    scene.autoclusters.update(suspect);
    suspect.trouble = { losses: 2, failures: 2, retryAt: 0 };
    scene.autoclusters.update(suspect);
    expect(scene.groups()).toEqual([['alice 1.1'], ['alice 1.0']]);
    expect(scene.autoclusters.of(suspect)?.ad.toTexts()['Requirements']).toContain('TotalSlotCpus');
  });
});

it('of procs that match in many ways, only so many are sorted at a time, and more follow', () => {
  const scene = new Scene();
  const differing = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ attributes: { RequestMemory: `${n + 1}` }, inputs: [] }));
  scene.submit('alice', {}, differing(50_010));
  scene.submit('alice', {}, differing(3));
  scene.submit('bob', {}, differing(2));
  expect([...scene.autoclusters.all()]).toHaveLength(50_002);
  const hold = (proc: number) => {
    const job = { cluster: 1, proc };
    const { jobs, fresh } = apply(scene.queue, { type: 'hold', at: 0, job, code: 1, reason: 'r' });
    for (const each of jobs) scene.autoclusters.update(each);
    for (const each of fresh) Array.from(scene.autoclusters.updateFresh(each));
  };
  const of = (cluster: number, proc: number) => {
    const job = scene.queue.find({ cluster, proc });
    return job === undefined ? undefined : scene.autoclusters.of(job);
  };
  expect([of(1, 50_000), of(2, 0)]).toEqual([undefined, undefined]);
  hold(49_000);
  expect(of(1, 50_000)?.waiting.size).toBe(1);
  hold(freshProcs);
  expect(of(2, 2)?.waiting.size).toBe(1);
  expect([...scene.autoclusters.all()]).toHaveLength(5);
});
