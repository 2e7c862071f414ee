import { describe, expect, it } from 'vitest';
import { Scene } from '#testing/negotiation-scene.ts';
import { FreeSlots } from './free-slots.ts';

describe('an attribute of which nearly every slot has its own value', () => {
  const world = () => {
    const scene = new Scene('played', new FreeSlots({ mostValues: 2 }));
    const pilot = (own: string) => scene.pilot({ Own: own, Half: 'MY.Own / 200' });
    for (const own of ['1', '2', '3']) pilot(own);
    const ofLarge = { RequestCpus: '2', Requirements: 'TARGET.Half > 1' };
    return { scene, pilot, ofLarge };
  };

  it('is read with what is free where it is an expression in one of the slots', () => {
    const { scene, pilot, ofLarge } = world();
    const last = pilot('MY.Cpus * 100');
    const [first] = scene.submit(2, ofLarge);
    scene.negotiate();
    expect(scene.granted).toEqual([{ job: first, pilot: last }]);
  });

  it('wakes jobs when time has passed where it reads the time in one of the slots', () => {
    const { scene, pilot, ofLarge } = world();
    const last = pilot('time()');
    const [job] = scene.submit(1, ofLarge);
    scene.negotiate({ now: () => 100 });
    expect(scene.granted).toEqual([]);
    scene.slots.timePassed();
    scene.autoclusters.timePassed();
    scene.negotiate({ now: () => 1000 });
    expect(scene.granted).toEqual([{ job, pilot: last }]);
  });
});
