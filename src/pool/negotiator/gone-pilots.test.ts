import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { slotAd } from '#testing/ads.ts';
import { Pilot } from '../collector/pilot.ts';
import { FreeSlots } from './free-slots.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('a pilot that is gone does not stay in memory until it would have retired', async () => {
  const slots = new FreeSlots();
  const come = (uid: string): WeakRef<Pilot> => {
    const facts = { uid, name: uid, group: 'g', site: 's', slot: slotAd() };
    const pilot = new Pilot(facts, 0, 1e12);
    pilot.connection = { send: () => {}, sendPrinted: () => {}, close: () => {} };
    slots.update(pilot, 0);
    pilot.retireAt = 2e12;
    slots.update(pilot, 0);
    pilot.take('claim', { cpus: 1, memory: 1, disk: 1, gpus: 0 });
    pilot.connection = undefined;
    slots.update(pilot, 0);
    expect(slots.cores).toBe(1);
    slots.forget(pilot);
    expect(slots.cores).toBe(0);
    return new WeakRef(pilot);
  };
  const gone = come('first');
  await expect
    .poll(() => {
      collectGarbage();
      return gone.deref() === undefined;
    })
    .toBe(true);
});
