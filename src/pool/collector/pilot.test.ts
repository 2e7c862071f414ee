import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitOf } from '#match/fit.ts';
import { lacking, minus, type Resources, resourceNames } from '#match/resources.ts';
import { jobAd, slotAd } from '#testing/ads.ts';
import { Pilot } from './pilot.ts';

const pilot = (slot: Readonly<Record<string, string>> = {}) =>
  new Pilot({ uid: 'u', name: 'p', group: 'g', site: 's', slot: slotAd(slot) }, 0, 1000);

const resources = fc.record({
  cpus: fc.nat(64),
  memory: fc.nat(100_000),
  disk: fc.nat(1_000_000),
  gpus: fc.nat(8),
});
const step = fc.record({ take: fc.boolean(), claim: fc.nat(5).map(String), takes: resources });

describe('a pilot', () => {
  it('a pilot has free what it offers minus what its claims take, and never less than nothing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const subject = pilot();
        const whole = subject.free;
        for (const { take, claim, takes } of steps) {
          if (take) subject.take(claim, takes);
          else subject.giveBack(claim, 1);
          const rest = [...subject.claims.values()].reduce<Resources>(minus, whole);
          for (const name of resourceNames) expect(subject.free[name]).toBe(Math.max(0, rest[name]));
        }
        for (const claim of subject.claims.keys()) subject.giveBack(claim, 9);
        expect(subject.free).toEqual(whole);
        expect(subject.freeSlot.evaluateNumber('Cpus')).toBe(whole.cpus);
      }),
    );
  });

  it('a pilot counts a claim once, when it is taken and when it is given back', () => {
    const subject = pilot();
    const takes = { cpus: 1, memory: 1, disk: 1, gpus: 0 };
    subject.take('a', takes);
    subject.take('a', takes);
    expect(subject.free.cpus).toBe(3);
    subject.giveBack('a', 5);
    subject.giveBack('a', 6);
    expect(subject.free.cpus).toBe(4);
    expect(subject.idleSince).toBe(5);
  });

  it('a pilot that reconnects with another slot keeps its claims', () => {
    const subject = pilot();
    subject.take('a', { cpus: 2, memory: 1000, disk: 1, gpus: 0 });
    subject.facts = { ...subject.facts, slot: slotAd({ Cpus: '3' }) };
    expect(subject.free.cpus).toBe(1);
    expect(subject.freeSlot.evaluateNumber('Cpus')).toBe(1);
  });

  it('a pilot that reconnects without the GPU that a claim has still fits jobs which want none', () => {
    const subject = new Pilot({ ...pilot().facts, slot: slotAd({ GPUs: '1' }) }, 0, 1000);
    subject.take('a', { cpus: 1, memory: 128, disk: 1024, gpus: 1 });
    subject.facts = { ...subject.facts, slot: slotAd({ GPUs: '0' }) };
    expect(lacking({ cpus: 1, memory: 128, disk: 1024, gpus: 0 }, subject.free)).toBeUndefined();
    expect(fitOf(jobAd(), subject.freeSlot).fits).toBe(true);
    subject.giveBack('a', 1);
    expect(subject.free).toMatchObject({ cpus: 4, gpus: 0 });
  });

  it('a pilot accepts jobs while it is connected, not draining and not retired', () => {
    const subject = pilot();
    expect(subject.accepts(0)).toBe(false);
    subject.connection = { send: () => {}, sendPrinted: () => {}, close: () => {} };
    expect(subject.accepts(999)).toBe(true);
    expect(subject.accepts(1000)).toBe(false);
    subject.drainReason = 'r';
    expect(subject.accepts(0)).toBe(false);
  });
});
