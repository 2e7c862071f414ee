import { describe, expect, it } from 'vitest';
import { slotAd } from '#testing/ads.ts';
import { Scene } from '#testing/negotiation-scene.ts';
import type { Pilot } from '../collector/pilot.ts';

/** The pilot reconnects, and offers this from now on. */
function comesBack(pilot: Pilot, slot: Readonly<Record<string, string>>): void {
  pilot.facts = { ...pilot.facts, slot: slotAd(slot) };
}

/** Turns after which the submitter has as many jobs as this. */
function limitTo(scene: Scene, jobs: number): void {
  scene.turns = (waiting) =>
    waiting.map(({ submitter }) => ({ submitter, limit: 1, left: () => jobs - scene.granted.length }));
}

describe('a slot that changes while a submitter has had enough', () => {
  it('gets no job that fitted only what it was, if it differs in an attribute of which each slot has its own value', () => {
    const scene = new Scene();
    for (let index = 0; index < 300; index += 1) scene.pilot({ Cpus: '1', Rack: String(index) });
    scene.submit(2, { Requirements: 'TARGET.Rack == 5 || TARGET.Rack == 6' });
    limitTo(scene, 1);
    scene.pass({});
    expect(scene.granted).toHaveLength(1);
    for (const index of [5, 6]) {
      const pilot = scene.pilots[index]!;
      if (pilot.claims.size === 0) comesBack(pilot, { Cpus: '1', Rack: '1000' });
    }
    limitTo(scene, 2);
    scene.negotiate();
    expect(scene.granted).toHaveLength(1);
  });

  it('gets no job that fitted only what it was, if the pool hears of the change just when it gives the slot away', () => {
    const scene = new Scene();
    const pilot = scene.pilot({ Cpus: '2', Big: 'true' });
    scene.slots.learn(['big']);
    scene.slots.update(pilot, 0);
    scene.submit(1, { Requirements: 'TARGET.Big && TARGET.Cpus > 1', Rank: 'TARGET.Memory' });
    comesBack(pilot, { Cpus: '2', Big: 'false' });
    scene.pass({}, []);
    expect(scene.granted).toEqual([]);
    scene.negotiate();
    expect(scene.granted).toEqual([]);
  });

  it('gets no job that fitted only what it was, if the pool has looked at the time before it hears of the change', () => {
    const scene = new Scene();
    const pilot = scene.pilot({ Big: 'true', Start: 'time() > 0' });
    scene.slots.learn(['big']);
    scene.slots.update(pilot, 0);
    scene.submit(1, { Requirements: 'TARGET.Big' });
    comesBack(pilot, { Big: 'false', Start: 'time() > 0' });
    scene.slots.timePassed();
    scene.pass({ now: () => 1000 }, []);
    expect(scene.granted).toEqual([]);
  });

  it('gets no job that it accepted only then, if it reads the time', () => {
    const scene = new Scene();
    for (let index = 0; index < 2; index += 1) scene.pilot({ Cpus: '1', Start: 'time() < 2000' });
    scene.submit(2);
    limitTo(scene, 1);
    scene.pass({ now: () => 1000 });
    expect(scene.granted).toHaveLength(1);
    limitTo(scene, 2);
    scene.negotiate({ now: () => 3000 });
    expect(scene.granted).toHaveLength(1);
  });
});

describe('a slot that changes with time', () => {
  it('gets the job that waits for an attribute of it which reads the time', () => {
    const scene = new Scene();
    scene.pilot({ Night: 'time() > 2000' });
    scene.submit(1, { Requirements: 'TARGET.Night' });
    scene.negotiate({ now: () => 1000 });
    expect(scene.granted).toEqual([]);
    scene.slots.timePassed();
    scene.autoclusters.timePassed();
    scene.negotiate({ now: () => 3000 });
    expect(scene.granted).toHaveLength(1);
  });
});
