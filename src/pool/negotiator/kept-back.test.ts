import { describe, expect, it } from 'vitest';
import { Scene } from '#testing/negotiation-scene.ts';

describe('what is left after a pass', () => {
  it('is the work of a user who has run out of time under another name', () => {
    const scene = new Scene();
    const environment = {
      now: () => {
        scene.milliseconds += 7;
        return 1000;
      },
    };
    scene.pilot();
    scene.submit(1, { Requirements: 'time() == 0' }, 'bob');
    scene.submit(1, { Requirements: 'time() == 0', AcctGroup: '"physics"' }, 'bob');
    const [one] = scene.autoclusters.all();
    scene.autoclusters.submitters.looked(one!, 'turn', 95);
    expect(scene.pass(environment)).toBe('later');
    scene.milliseconds += 1_000;
    expect(scene.pass(environment)).toBe('nothing');
    expect([...scene.autoclusters.all()].map(({ lookedThrough }) => lookedThrough)).toEqual([1, 1]);
  });

  it('is nothing that can be done at once, if quotas keep all who wait and the pass took long to find that', () => {
    const scene = new Scene();
    scene.pilot();
    for (const owner of ['alice', 'bob']) scene.submit(1, {}, owner);
    scene.turns = (waiting) => {
      scene.milliseconds += 20;
      return waiting.map(({ submitter }, index) => ({ submitter, limit: index, left: () => 0 }));
    };
    expect(scene.pass({})).toBe('nothing');
  });

  it('is nothing, and the other jobs of an autocluster have been tried, after the first has proved defective', () => {
    const scene = new Scene();
    scene.pilot();
    const doubling = Array.from({ length: 30 }, (_, at) => [`a${at}`, `a${at + 1} + a${at + 1}`] as const);
    const [first] = scene.submit(3, { ...Object.fromEntries(doubling), a30: '1', Requirements: 'a0 > 0' });
    scene.onDefect = (autocluster) => {
      if (scene.defects.length === 1) scene.autoclusters.takeOut(first!);
      else scene.autoclusters.takeOutAll(autocluster);
    };
    scene.negotiate();
    expect(scene.defects).toHaveLength(2);
    expect([...scene.autoclusters.all()]).toEqual([]);
  });

  it('is nothing once a slot was found that a limit kept from the jobs at first', () => {
    const scene = new Scene();
    scene.limits.set([{ name: 'north', limit: 0 }]);
    scene.pilot({ Site: '"north"', Cpus: '1' });
    for (let index = 0; index < 2; index += 1) scene.pilot({ Site: '"south"', Cpus: '1' });
    scene.submit(3, { ConcurrencyLimits: 'TARGET.Site', Rank: 'TARGET.Site == "north"' });
    let most = 1;
    scene.turns = (waiting) =>
      waiting.map(({ submitter }) => ({ submitter, limit: 1, left: () => most - scene.granted.length }));
    scene.pass({});
    expect(scene.granted).toHaveLength(1);
    scene.limits.set([{ name: 'north', limit: 1 }]);
    most = 3;
    scene.negotiate();
    expect(scene.granted).toHaveLength(3);
  });
});
