import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plus, type Resources } from '#match/resources.ts';
import { slotAd } from '#testing/ads.ts';
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
  it('a pilot has free what it offers minus what its claims take', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const subject = pilot();
        const whole = subject.free;
        for (const { take, claim, takes } of steps) {
          if (take) subject.take(claim, takes);
          else subject.giveBack(claim, 1);
          const taken = [...subject.claims.values()].reduce<Resources>(plus, subject.free);
          expect(taken).toEqual(whole);
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
