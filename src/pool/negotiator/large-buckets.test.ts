import { describe, expect, it } from 'vitest';
import { Scene } from '#testing/negotiation-scene.ts';

describe('a bucket with thousands of slots', () => {
  it.each(['Start', 'Requirements'])('holds slots that each have a %s of their own', (name) => {
    const scene = new Scene();
    for (let index = 0; index < 300; index += 1)
      scene.pilot({ Cpus: '1', [name]: `TARGET.Experiment == "e${index}"` });
    for (const experiment of ['e7', 'e299', 'e0', 'e0']) scene.submit(1, { Experiment: `"${experiment}"` });
    scene.negotiate();
    expect(scene.granted.map(({ pilot }) => pilot.facts.uid).sort()).toEqual(['u0', 'u299', 'u7']);
  });

  it('is searched to its end for the one in which enough is free, without calling that too much', () => {
    const scene = new Scene();
    for (let index = 0; index < 2_000; index += 1) scene.pilot({ Cpus: '1', Memory: String(1000 + index) });
    const others = Array.from({ length: 15 }, (_, index) => `TARGET.Memory != ${index}`).join(' && ');
    scene.submit(1, { Requirements: `(${others}) && TARGET.Memory == 2999` });
    scene.negotiate();
    expect(scene.defects).toEqual([]);
    expect(scene.granted).toHaveLength(1);
  });

  it('is searched to its end for the one that accepts the job, although all read what differs in each', () => {
    const scene = new Scene();
    for (let index = 0; index < 900; index += 1) {
      const others = Array.from({ length: 30 }, (_, at) => `Left != ${at}`).join(' && ');
      const start = `(${others}) && Left > TARGET.Wall`;
      const left = { GLIDEIN_ToDie: String(100_000 + index), Left: 'GLIDEIN_ToDie - time()' };
      scene.pilot({ Cpus: '1', ...left, Start: start });
    }
    scene.submit(1, { Wall: '99898' });
    scene.negotiate();
    expect(scene.granted).toMatchObject([{ pilot: scene.pilots.at(-1) }]);
  });

  it('is searched some slots at a time if each has to be looked at', () => {
    const scene = new Scene();
    let asked = 0;
    const environment = {
      now: () => {
        asked += 1;
        scene.milliseconds += 1;
        return 1000;
      },
    };
    for (let index = 0; index < 1_100; index += 1) {
      const start = 'GLIDEIN_ToDie - time() > TARGET.Wall';
      scene.pilot({ Cpus: '1', GLIDEIN_ToDie: String(100_000 + index), Start: start });
    }
    scene.submit(1, { Wall: '100098' });
    expect(scene.pass(environment)).not.toBe('nothing');
    expect(asked).toBeLessThan(30);
    scene.negotiate(environment);
    expect(scene.granted).toMatchObject([{ pilot: scene.pilots.at(-1) }]);
  });

  it('is searched to its oldest slots although smaller buckets have changed since', () => {
    const scene = new Scene();
    for (let index = 0; index < 1_200; index += 1) {
      scene.pilot({ Cpus: '1', Site: '"large"', Start: `TARGET.Experiment == "e${index}"` });
      if (index === 600) scene.pilot({ Cpus: '1', Site: '"small"', Start: 'false' });
    }
    scene.submit(1, { Experiment: '"e0"', Requirements: 'TARGET.Site =!= "none"' });
    scene.negotiate();
    expect(scene.granted).toMatchObject([{ pilot: scene.pilots[0] }]);
  });

  it('is searched for what is free where an attribute that is a number elsewhere is an expression', () => {
    const scene = new Scene();
    for (let index = 0; index < 300; index += 1) scene.pilot({ Cpus: '2', Room: String(index) });
    scene.pilot({ Cpus: '2', Room: 'MY.Cpus * 1000' });
    const wide = { Requirements: 'TARGET.Room >= 2000', RequestCpus: '1' };
    scene.submit(2, wide);
    scene.negotiate();
    expect(scene.granted).toMatchObject([{ pilot: scene.pilots.at(-1) }]);
    scene.submit(1, { Requirements: 'TARGET.Room >= 1000', Rank: 'TARGET.Room' });
    scene.negotiate();
    expect(scene.granted).toHaveLength(2);
    expect(scene.granted[1]).toMatchObject({ pilot: scene.pilots.at(-1) });
  });
});
