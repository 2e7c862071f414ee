import { expect, it } from 'vitest';
import { Scene } from '#testing/negotiation-scene.ts';

it('a job finds the slot that takes it behind very many others with long START expressions', () => {
  const scene = new Scene();
  const clauses = Array.from(
    { length: 300 },
    (_, index) => `TARGET.RequestMemory + MY.Rack >= ${index % 100}`,
  );
  const Start = ['MY.Rack >= 0', ...clauses, 'MY.Open'].join(' && ');
  for (let rack = 0; rack < 220; rack += 1) scene.pilot({ Rack: String(rack), Open: 'false', Start });
  const last = scene.pilot({ Rack: '220', Open: 'true', Start });
  const [job] = scene.submit(1);
  scene.negotiate();
  expect(scene.granted).toEqual([{ job, pilot: last }]);
});
