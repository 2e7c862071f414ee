import { describe, expect, it } from 'vitest';
import { groupOf, jobsOf, known, pilotOf, policyOf } from '#testing/pressure-world.ts';
import type { Autocluster, Demand } from './demand.ts';
import { pressure } from './pressure.ts';

let id = 0;
const naming = (
  owner: string,
  count: number,
  image: string,
  texts: Record<string, string> = {},
): Autocluster => {
  id += 1;
  const named = { Owner: JSON.stringify(owner), ContainerImage: JSON.stringify(image), ...texts };
  return jobsOf(count, { cpus: 1 }, { id, texts: named });
};

const preparing = groupOf('hello', { cpus: 4 }, { prepares: 2 });

const imagesOf = (demand: Demand, groups = [preparing]) =>
  pressure(demand, groups, policyOf({}), undefined).groups.map(({ images }) => images);

describe('the images that pilots of a decision prepare', () => {
  it('are those that most waiting jobs of a user name, as many as the group says', () => {
    const waiting = known([naming('a', 1, 'rare'), naming('a', 9, 'often'), naming('a', 5, 'some')]);
    expect(imagesOf(waiting)).toEqual([['often', 'some']]);
    expect(imagesOf(waiting, [groupOf('hello', { cpus: 4 })])).toEqual([undefined]);
  });

  it('are not crowded out by a user of a million jobs, nor by one of hundreds of images', () => {
    const many = Array.from({ length: 500 }, (_, index) => naming('greedy', 2000, `greedy-${index}`));
    expect(imagesOf(known([...many, naming('b', 1, 'small'), naming('c', 1, 'other')]))).toEqual([
      ['other', 'small'],
    ]);
    const shared = [naming('b', 1, 'ours'), naming('c', 1, 'ours'), naming('d', 9, 'mine')];
    expect(imagesOf(known([...many, ...shared]))).toEqual([['ours', 'mine']]);
  });

  it('are named by jobs that need new pilots of that group: not by those for free slots, nor by those that do not fit', () => {
    const gpu = groupOf('gpu', { cpus: 4, gpus: 1 }, { prepares: 2 });
    const cpuOnly = { ...preparing, name: 'cpu' };
    const free = pilotOf('uid', 'cpu', 'Idle', { cpus: 1 });
    const onGpu = jobsOf(1, { cpus: 1, gpus: 1 }, { id: 700, texts: { ContainerImage: '"cuda"' } });
    const large = jobsOf(1, { cpus: 4 }, { id: 701, texts: { ContainerImage: '"large"' } });
    const small = jobsOf(1, { cpus: 1 }, { id: 702, texts: { ContainerImage: '"small"' } });
    expect(imagesOf(known([onGpu, large, small], [free]), [gpu, cpuOnly])).toEqual([
      ['cuda', 'large'],
      ['large'],
    ]);
  });

  it('are read as pilots read them; what travels with a job, and what is no name, is left out', () => {
    const docker = { ContainerImage: 'undefined', DockerImage: '"debian:12"' };
    expect(imagesOf(known([naming('a', 1, '', docker)]))).toEqual([['docker://debian:12']]);
    const singularity = { ContainerImage: 'undefined', SingularityImage: '"/cvmfs/tool"' };
    expect(imagesOf(known([naming('a', 1, '', singularity)]))).toEqual([['/cvmfs/tool']]);
    for (const each of [
      naming('a', 1, 'mine.sif', { ContainerImageSource: '"cedar"' }),
      naming('a', 1, 'x'.repeat(1025)),
      naming('a', 1, ''),
      naming('a', 1, 'x', { ContainerImage: '1 / 0' }),
    ])
      expect(imagesOf(known([each]))).toEqual([undefined]);
  });
});
