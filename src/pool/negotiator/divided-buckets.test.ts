import { expect, it } from 'vitest';
import { Scene } from '#testing/negotiation-scene.ts';

it('knows what the slots of a bucket are after the one that came first has left, and jobs begin to read what was different there', () => {
  const scene = new Scene();
  const first = scene.pilot({ Large: 'true' });
  const second = scene.pilot({ Large: 'MY.Cpus >= 4' });
  scene.negotiate();
  const [fits] = scene.submit(1, { RequestCpus: '2' }, 'bob');
  first.drainReason = 'it leaves';
  scene.negotiate();
  expect(scene.granted).toEqual([{ job: fits, pilot: second }]);
  // Two cores are left.
  scene.submit(1, { Requirements: 'TARGET.Large' });
  scene.negotiate();
  expect(scene.granted.length).toBe(1);
});
