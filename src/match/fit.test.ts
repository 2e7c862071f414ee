import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobAd, slotAd } from '#testing/ads.ts';
import { fitOf } from './fit.ts';
import { mismatchOf } from './mismatch.ts';
import { requestOf } from './request.ts';
import { lacking, minus, nothing, plus } from './resources.ts';
import { offerOf, withFree } from './slot.ts';

describe('requests', () => {
  it('a request is rounded up as HTCondor rounds it', () => {
    const job = jobAd({ RequestCpus: '1.2', RequestMemory: '129', RequestDisk: '1', RequestGPUs: '0.5' });
    expect(requestOf(job)).toEqual({ cpus: 2, memory: 256, disk: 1024, gpus: 1 });
  });

  it.each(['0', 'undefined', '"many"', '-5', 'real("NaN")', 'error'])(
    'a request of %s counts as the minimum',
    (text) => {
      const job = jobAd({ RequestCpus: text, RequestMemory: text, RequestDisk: text, RequestGPUs: text });
      expect(requestOf(job)).toEqual({ cpus: 1, memory: 128, disk: 1024, gpus: 0 });
    },
  );

  it('a request may depend on the slot', () => {
    expect(requestOf(jobAd({ RequestCpus: 'TARGET.Cpus / 2' }), slotAd({ Cpus: '8' })).cpus).toBe(4);
  });
});

describe('offers', () => {
  it.each(['undefined', '"x"', '-1', 'real("NaN")', 'real("INF")'])(
    'an offer of %s counts as nothing',
    (text) => {
      expect(offerOf(slotAd({ Cpus: text, Memory: text, Disk: text, GPUs: text }))).toEqual(nothing);
    },
  );

  it('a slot offers what is free in it', () => {
    const free = { cpus: 1, memory: 2, disk: 3, gpus: 4 };
    const slot = slotAd();
    expect(offerOf(withFree(slot, free))).toEqual(free);
    expect(offerOf(slot).cpus).toBe(4);
  });
});

describe('a fit', () => {
  const amounts = fc.record({
    cpus: fc.nat(9),
    memory: fc.nat(9999),
    disk: fc.nat(9_999_999),
    gpus: fc.nat(3),
  });

  it('a fit takes what the job asks for, and never more than the slot has', () => {
    fc.assert(
      fc.property(amounts, amounts, (asked, free) => {
        const job = jobAd({
          RequestCpus: String(asked.cpus),
          RequestMemory: String(asked.memory),
          RequestDisk: String(asked.disk),
          RequestGPUs: String(asked.gpus),
        });
        const slot = withFree(slotAd(), free);
        const verdict = fitOf(job, slot);
        expect(verdict.fits).toBe(lacking(requestOf(job), free) === undefined);
        expect(mismatchOf(job, slot) === undefined).toBe(verdict.fits);
        if (!verdict.fits) return;
        expect(lacking(verdict.takes, free)).toBeUndefined();
        expect(plus(minus(free, verdict.takes), verdict.takes)).toEqual(free);
      }),
    );
  });

  it.each([
    ['the job says no', { Requirements: 'false' }, {}, 'jobRequirements', false],
    ['the job asks for what nobody defines', { Requirements: 'TARGET.HasX' }, {}, 'jobRequirements', true],
    ['the slot says no', {}, { Start: 'false' }, 'slotRequirements', false],
    ['the slot asks for what the job lacks', {}, { Start: 'TARGET.WantX' }, 'slotRequirements', true],
    ['the slot has no Requirements', {}, { Requirements: 'undefined' }, 'slotRequirements', true],
    ['a GPU is missing', { RequestGPUs: '1' }, {}, 'gpus', false],
  ])('a job does not fit when %s', (_what, job, slot, mismatch, perhaps) => {
    expect(fitOf(jobAd(job), slotAd(slot as Record<string, string>))).toEqual({
      fits: false,
      mismatch,
      perhaps,
    });
  });

  it('a match can use the time it is given, and a rank that is not a number counts as 0', () => {
    const job = jobAd({ Requirements: 'time() > 100', Rank: 'real("NaN")' });
    expect(fitOf(job, slotAd(), { now: () => 101 })).toMatchObject({ fits: true, rank: 0 });
    expect(fitOf(job, slotAd(), { now: () => 99 }).fits).toBe(false);
    expect(fitOf(job, slotAd()).fits).toBe(false);
  });

  it('a mismatch names the first clause that fails, truncated', () => {
    const slot = slotAd({ Start: `true && (TARGET.A =?= 1 && TARGET.B == "${'x'.repeat(500)}")` });
    const first = mismatchOf(jobAd(), slot);
    expect(first).toEqual({ kind: 'slotRequirements', clause: 'TARGET.A is 1', value: 'false' });
    const second = mismatchOf(jobAd({ A: '1' }), slot);
    expect(second).toMatchObject({ kind: 'slotRequirements', value: 'undefined' });
    expect(second !== undefined && 'clause' in second && second.clause?.length).toBeLessThan(210);
  });
});
