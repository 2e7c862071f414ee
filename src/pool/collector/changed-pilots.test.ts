import { expect, it } from 'vitest';
import { slotAd } from '#testing/ads.ts';
import { ChangedPilots } from './changed-pilots.ts';
import { Pilot } from './pilot.ts';

const world = (count: number) => {
  const changed = new ChangedPilots();
  const pilots = Array.from({ length: count }, (_, number) => {
    const name = `p${number}`;
    const facts = { uid: name, name, group: 'g', site: 's', slot: slotAd() };
    return new Pilot(facts, 0, 1e12, (pilot) => changed.add(pilot));
  });
  return { changed, pilots };
};

it('pilots are told once, in the order in which they changed', () => {
  const { changed, pilots } = world(3);
  const [first, second, third] = pilots as [Pilot, Pilot, Pilot];
  for (const pilot of [second, first, second]) changed.add(pilot);
  expect([...changed.take()]).toEqual([second, first]);
  expect([...changed.take()]).toEqual([]);
  for (const pilot of [third, first]) changed.add(pilot);
  expect([...changed.take()]).toEqual([third, first]);
});

it('whoever stops early finds the rest the next time, with what has changed meanwhile', () => {
  const { changed, pilots } = world(5000);
  for (const pilot of pilots) changed.add(pilot);
  const told: Pilot[] = [];
  for (let turn = 0; turn < 10; turn += 1) {
    let count = 0;
    for (const pilot of changed.take()) {
      told.push(pilot);
      count += 1;
      if (count === 600) break;
    }
    if (turn === 0) changed.add(pilots[0] as Pilot);
  }
  expect(told).toEqual([...pilots, pilots[0]]);
});

it('a pilot whose change is no news any more is not told, until it changes again', () => {
  const { changed, pilots } = world(2);
  const [one, other] = pilots as [Pilot, Pilot];
  for (const pilot of pilots) changed.add(pilot);
  one.isNews = false;
  expect([...changed.take()]).toEqual([other]);
  one.retireAt = 5;
  expect([...changed.take()]).toEqual([one]);
});
