import { describe, expect, it } from 'vitest';
import { Scene } from '#testing/negotiation-scene.ts';
import type { Pilot } from '../collector/pilot.ts';

const whole = { cpus: 1, memory: 1000, disk: 1, gpus: 0 };

/** Those who would try something if the pilot changed now. */
function woken(scene: Scene, pilot: Pilot): readonly string[] {
  scene.slots.update(pilot, 0);
  return scene.autoclusters.submitters.waiting(scene.slots).map(({ submitter }) => submitter);
}

describe('a slot that becomes free', () => {
  it('wakes only those whom it may fit, and asks nobody else', () => {
    const scene = new Scene();
    const pilot = scene.pilot({ Kind: '"a"', Cpus: '1' });
    scene.pilot({ Kind: '"b"', Cpus: '1' });
    for (let group = 0; group < 50; group += 1)
      scene.submit(1, { Requirements: 'TARGET.Kind == "c"', AcctGroup: `"invented-${group}"` }, 'mallory');
    scene.submit(1, { RequestCpus: '2' }, 'wide');
    scene.negotiate();
    scene.submit(2, { Requirements: 'TARGET.Kind == "a"' }, 'ada');
    scene.negotiate();
    expect(scene.granted).toHaveLength(1);
    scene.end(0);
    expect(woken(scene, pilot)).toEqual(['ada']);
  });

  it('wakes those who have never seen it, and not again if it is not for them and somebody else was faster', () => {
    const scene = new Scene();
    const pilot = scene.pilot({ Kind: '"a"', Cpus: '1' });
    pilot.take('1.0', whole);
    scene.pilot({ Start: 'false' });
    scene.submit(1, { Requirements: 'TARGET.Kind == "c"' }, 'mallory');
    const spin = scene.turns;
    scene.turns = (waiting) => [...spin(waiting)].sort((a, b) => (a.submitter < b.submitter ? -1 : 1));
    scene.negotiate();
    scene.submit(3, {}, 'ada');
    scene.negotiate();
    pilot.giveBack('1.0', 0);
    expect(woken(scene, pilot)).toEqual(['mallory', 'ada']);
    scene.negotiate();
    scene.end(0);
    expect(woken(scene, pilot)).toEqual(['ada']);
  });

  it('wakes nobody once somebody has got it, although others like it are free', () => {
    const scene = new Scene();
    const pilot = scene.pilot({ Cpus: '1' });
    scene.pilot({ Cpus: '1' });
    // Enough of each slot is free for them, and none fits.
    for (let size = 0; size < 5; size += 1)
      scene.submit(1, { Requirements: `TARGET.Memory * TARGET.Cpus < ${size}` }, 'eve');
    scene.negotiate();
    pilot.take('1.0', whole);
    expect(woken(scene, pilot)).toEqual([]);
    pilot.giveBack('1.0', 0);
    expect(woken(scene, pilot)).toEqual(['eve']);
    pilot.take('2.0', whole);
    expect(woken(scene, pilot)).toEqual([]);
  });

  it('wakes only the autocluster that it is kept free for, and the others once it is open again', () => {
    const scene = new Scene();
    const pilot = scene.pilot({ Cpus: '1' });
    pilot.take('1.0', whole);
    scene.submit(1, { Size: '1' }, 'ada');
    scene.submit(1, { Size: '2' }, 'eve');
    scene.negotiate();
    const [first] = scene.autoclusters.all();
    pilot.reservedFor = first!.id;
    pilot.giveBack('1.0', 0);
    expect(woken(scene, pilot)).toEqual(['ada']);
    scene.autoclusters.submitters.looked(first!, 'all', 0);
    pilot.reservedFor = 0;
    expect(woken(scene, pilot)).toContain('eve');
  });

  it('wakes nobody who waits for a limit of the pool, until there is room', () => {
    const scene = new Scene();
    scene.limits.set([{ name: 'licence', limit: 0 }]);
    scene.submit(1, { ConcurrencyLimits: '"licence"' }, 'ada');
    const pilot = scene.pilot({ Cpus: '1' });
    scene.negotiate();
    pilot.take('1.0', whole);
    scene.negotiate();
    pilot.giveBack('1.0', 0);
    expect(woken(scene, pilot)).toEqual([]);
    scene.limits.set([{ name: 'licence', limit: 1 }]);
    scene.negotiate();
    expect(scene.granted).toHaveLength(1);
  });
});

it('those who sleep on are still woken after thousands of others have gone', () => {
  const scene = new Scene();
  const kept: number[] = [];
  for (let index = 0; index < 2_500; index += 1) {
    const [job] = scene.submit(1, { Requirements: `TARGET.Rack == ${index}` });
    if (index % 250 === 0) kept.push(job!.cluster.id);
  }
  scene.pilot({ Rack: '-1' });
  scene.negotiate();
  for (const job of scene.inState('Idle')) {
    if (kept.includes(job.cluster.id)) continue;
    scene.autoclusters.takeOut(job);
  }
  for (let index = 0; index < 2_500; index += 250) scene.pilot({ Rack: String(index), Cpus: '1' });
  scene.negotiate();
  expect(scene.granted.map(({ job }) => job.cluster.id).sort((a, b) => a - b)).toEqual(kept);
});

it('a job of a higher priority comes before those of the same user that were about to try', () => {
  const scene = new Scene();
  scene.submit(1, { Size: '1' });
  scene.turns = (waiting) => waiting.map(({ submitter }) => ({ submitter, limit: 0, left: () => 0 }));
  scene.pilot({ Cpus: '1' });
  scene.negotiate();
  scene.submit(1, { Size: '2', JobPrio: '1' });
  scene.turns = (waiting) => waiting.map(({ submitter }) => ({ submitter, limit: 1, left: () => 1 }));
  scene.negotiate();
  expect(scene.granted.map(({ job }) => job.cluster.id)).toEqual([2]);
});

it('an older autocluster comes before one of equal priority that a quota has kept ready to try', () => {
  const scene = new Scene();
  const first = scene.pilot({ Rack: '1', Cpus: '1' });
  first.take('1.0', whole);
  scene.submit(1, { Requirements: 'TARGET.Rack == 1' });
  scene.negotiate();
  const second = scene.pilot({ Rack: '2', Cpus: '1' });
  scene.submit(1);
  scene.turns = (waiting) => waiting.map(({ submitter }) => ({ submitter, limit: 0, left: () => 0 }));
  scene.negotiate();
  second.drainReason = 'the node is needed';
  first.giveBack('1.0', 0);
  scene.turns = (waiting) => waiting.map(({ submitter }) => ({ submitter, limit: 1, left: () => 1 }));
  scene.negotiate();
  expect(scene.granted.map(({ job }) => job.cluster.id)).toEqual([1]);
});

it('a slot wakes the others of a submitter although a quota keeps one of them ready to try', () => {
  const scene = new Scene();
  const first = scene.pilot({ Rack: '1', Cpus: '1' });
  first.take('1.0', whole);
  scene.submit(1, { Requirements: 'TARGET.Rack == 1' });
  scene.negotiate();
  scene.pilot({ Rack: '2', Cpus: '1' });
  scene.submit(1, { Requirements: 'TARGET.Rack == 2' });
  scene.turns = (waiting) => waiting.map(({ submitter }) => ({ submitter, limit: 0, left: () => 0 }));
  scene.negotiate();
  first.giveBack('1.0', 0);
  scene.negotiate();
  scene.turns = (waiting) => waiting.map(({ submitter }) => ({ submitter, limit: 2, left: () => 2 }));
  scene.negotiate();
  expect(scene.granted).toHaveLength(2);
});

it('of very many that sleep, those of the highest priorities get the slots that come one by one', () => {
  const scene = new Scene();
  scene.pilot({ Start: 'false' });
  const priorities = Array.from({ length: 450 }, (_, index) => (index * 7919) % 450);
  for (const priority of priorities) scene.submit(1, { JobPrio: String(priority), Size: String(priority) });
  scene.negotiate();
  for (let slot = 0; slot < 5; slot += 1) {
    scene.pilot({ Cpus: '1' });
    scene.pass({});
  }
  const served = scene.granted.map(({ job }) => priorities[job.cluster.id - 1]);
  expect(served).toEqual([449, 448, 447, 446, 445]);
});
