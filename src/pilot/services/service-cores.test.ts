import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allowedCores, ServiceCores } from './service-cores.ts';

const service = (cpus: number, phase: 'BeforePayloads' | 'WithPayloads' | 'Periodic' = 'WithPayloads') => ({
  phase,
  resources: { cpus, memory: '1Gi', disk: '1Gi', gpus: 0 },
});

describe('the cores of services', () => {
  const cores = () => new ServiceCores({ allowed: [0, 1, 4, 5], random: () => 0.5 });

  it('are as many as each was given, and others than those of the service before', () => {
    const all = cores();
    expect(all.wordsFor(service(1)).at(-1)).toBe('4');
    expect(all.wordsFor(service(2, 'Periodic')).at(-1)).toBe('5,0');
  });

  it('are one for a service that was given none', () => {
    expect(cores().wordsFor(service(0)).at(-1)).toBe('4');
  });

  it('are all for what runs before payloads, and for a service that was given all', () => {
    expect(cores().wordsFor(service(1, 'BeforePayloads'))).toEqual([]);
    expect(cores().wordsFor(service(4))).toEqual([]);
  });

  it('are chosen among those that the pilot may use', () => {
    expect(allowedCores('Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t0-2,5,7-8\n')).toEqual([
      0, 1, 2, 5, 7, 8,
    ]);
    expect(allowedCores('Name:\tnode\n')).toEqual([]);
  });

  it('keep no service from running where they cannot be had', () => {
    const [file = '', ...words] = new ServiceCores({ allowed: [0, 9999], random: () => 0.5 }).wordsFor(
      service(1),
    );
    const run = (PATH: string) =>
      execFileSync(file, [...words, '/bin/cat', '/proc/self/status'], { encoding: 'utf8', env: { PATH } });
    const own = allowedCores(readFileSync('/proc/self/status', 'latin1'));
    expect(words.at(-1)).toBe('9999');
    for (const path of ['/nowhere', '/usr/bin:/bin']) expect(allowedCores(run(path))).toEqual(own);
  });
});
