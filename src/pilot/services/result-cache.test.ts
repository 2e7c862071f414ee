import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { pilotSpec } from '#spec/pilot.ts';
import { ResultCache } from './result-cache.ts';

describe('the cache of results', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'glidein-results-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const bench = (more: object = {}) =>
    pilotSpec.parse({
      cpus: 1,
      memory: '1Gi',
      services: [
        {
          name: 'bench',
          image: 'i',
          phase: 'BeforePayloads',
          cacheFor: '1h',
          results: [{ attribute: 'Score', file: 'r.json' }],
          ...more,
        },
      ],
    }).services[0]!;
  const model = { arch: 'x64', processor: 'EPYC', cpus: 8, gpus: ['A100'] };
  let wall = 1_700_000_000_000;
  const clock = { ...systemClock, wall: () => wall };
  const cache = (other: object = {}) =>
    new ResultCache(folder, () => Promise.resolve({ ...model, ...other }), clock);
  const never = new AbortController().signal;
  const found = () => ({ at: wall, values: { Score: 12 } });

  it('gives the results of one pilot to the next, until they are too old', async () => {
    const one = cache();
    expect(await one.findOrBegin(bench(), never)).toBeUndefined();
    await one.store(bench(), found());
    expect(await cache().findOrBegin(bench(), never)).toEqual(found());
    wall += 3_600_000;
    expect(await cache().findOrBegin(bench(), never)).toBeUndefined();
  });

  it.each([
    ['another version', { version: 'v2' }, {}],
    ['another command', { args: ['--fast'] }, {}],
    ['another image', { image: 'j' }, {}],
    ['another processor', {}, { processor: 'Xeon' }],
    ['another number of cores', {}, { cpus: 16 }],
    ['another GPU', {}, { gpus: ['H100'] }],
    ['another folder', { cwd: '/data' }, {}],
    ['other mounts', { binds: [{ source: '/data' }] }, {}],
  ])('gives no results of %s', async (_what, service, node) => {
    const one = cache();
    await one.findOrBegin(bench(), never);
    await one.store(bench(), found());
    expect(await cache(node).findOrBegin(bench(service), never)).toBeUndefined();
  });

  it('lets one pilot run the service while the others wait for its results', async () => {
    const one = cache();
    expect(await one.findOrBegin(bench(), never)).toBeUndefined();
    const others = [cache(), cache()].map((each) => each.findOrBegin(bench(), never));
    await one.store(bench(), found());
    expect(await Promise.all(others)).toEqual([found(), found()]);
    expect((await readdir(join(folder, 'services'))).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  it('lets another pilot try if the service has failed, or its pilot is dead', async () => {
    const one = cache();
    await one.findOrBegin(bench(), never);
    await one.giveBack(bench());
    expect(await cache().findOrBegin(bench(), never)).toBeUndefined();
    wall = Date.now() + 700_000;
    expect(await cache().findOrBegin(bench(), never)).toBeUndefined();
  });

  it('does not wait any longer when its pilot leaves', async () => {
    await cache().findOrBegin(bench(), never);
    const stop = new AbortController();
    const waiting = cache().findOrBegin(bench({ timeLimit: '1000d' }), stop.signal);
    stop.abort();
    expect(await waiting).toBeUndefined();
  });

  it('does not take from another pilot the right to run the service, when it leaves or was too slow', async () => {
    const locks = async () =>
      (await readdir(join(folder, 'services'))).filter((name) => name.endsWith('.lock')).length;
    const [slow, other, waiting] = [cache(), cache(), cache()];
    wall = Date.now();
    await slow.findOrBegin(bench(), never);
    await waiting.findOrBegin(bench(), AbortSignal.abort());
    await waiting.giveBack(bench());
    expect(await locks()).toBe(1);
    wall = Date.now() + 700_000;
    await other.findOrBegin(bench(), never);
    await slow.giveBack(bench());
    expect(await locks()).toBe(1);
    await other.giveBack(bench());
    expect(await locks()).toBe(0);
  });
});
