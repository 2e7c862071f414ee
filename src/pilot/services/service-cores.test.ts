import { describe, expect, it } from 'vitest';
import { allowedCores, ServiceCores } from './service-cores.ts';

const cores = (more: { isPossible?: boolean } = {}) =>
  new ServiceCores({ allowed: [0, 1, 4, 5], isPossible: true, random: () => 0.5, ...more });

const service = (cpus: number, phase: 'BeforePayloads' | 'WithPayloads' | 'Periodic' = 'WithPayloads') => ({
  phase,
  resources: { cpus, memory: '1Gi', disk: '1Gi', gpus: 0 },
});

describe('the cores of services', () => {
  it('are as many as each was given, and others than those of the service before', () => {
    const all = cores();
    expect(all.wordsFor(service(1))).toEqual(['/usr/bin/taskset', '--cpu-list', '4']);
    expect(all.wordsFor(service(2, 'Periodic'))).toEqual(['/usr/bin/taskset', '--cpu-list', '5,0']);
  });

  it('are one for a service that was given none', () => {
    expect(cores().wordsFor(service(0))).toEqual(['/usr/bin/taskset', '--cpu-list', '4']);
  });

  it('are all for what runs before payloads, for a service that was given all, and where the program is missing', () => {
    expect(cores().wordsFor(service(1, 'BeforePayloads'))).toEqual([]);
    expect(cores().wordsFor(service(4))).toEqual([]);
    expect(cores({ isPossible: false }).wordsFor(service(1))).toEqual([]);
  });

  it('are chosen among those that the pilot may use', () => {
    expect(allowedCores('Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t0-2,5,7-8\n')).toEqual([
      0, 1, 2, 5, 7, 8,
    ]);
    expect(allowedCores('Name:\tnode\n')).toEqual([]);
  });
});
