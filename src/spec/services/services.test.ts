import { describe, expect, it } from 'vitest';
import { pilotSpec } from '../pilot.ts';

const parse = (services: readonly object[], more: object = {}) =>
  pilotSpec.safeParse({ cpus: 4, memory: '4Gi', ...more, services });

/** The fields that are to blame, with the words. */
const blamed = (services: readonly object[], more: object = {}) =>
  parse(services, more).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

const triton = { name: 'triton', image: 'triton' };
const once = { name: 'bench', image: 'bench', phase: 'BeforePayloads' };
const result = { attribute: 'Score', file: 'result.json' };

describe('the services of a pilot', () => {
  it('need a name and an image, and have a default for everything else', () => {
    expect(parse([triton]).data?.services[0]).toMatchObject({
      phase: 'WithPayloads',
      required: false,
      cwd: '/srv',
      restart: { policy: 'OnFailure', backoff: '1s', maxBackoff: '1m', max: 5 },
      resources: { cpus: 0, memory: '128Mi', disk: '128Mi', gpus: 0 },
      stop: { signal: 'SIGTERM', grace: '10s' },
    });
  });

  it('are refused if they depend on each other in a cycle, on themselves, or on none that is there', () => {
    const message =
      'services: a service depends on itself, on one that does not stand before it, or on one that does not exist';
    const a = { name: 'a', image: 'i' };
    const b = { name: 'b', image: 'i' };
    expect(blamed([a, { ...b, dependsOn: ['a'] }])).toEqual([]);
    expect(
      blamed([
        { ...a, dependsOn: ['b'] },
        { ...b, dependsOn: ['a'] },
      ]),
    ).toEqual([message]);
    expect(blamed([{ ...a, dependsOn: ['a'] }])).toEqual([message]);
    expect(blamed([{ ...a, dependsOn: ['c'] }])).toEqual([message]);
    expect(blamed([{ ...a, dependsOn: ['b'] }, b])).toEqual([message]);
  });

  it.each([
    ['two with one name', [triton, triton], /two entries have the name "triton"/],
    ['a name with "-"', [{ ...triton, name: 'my-triton' }], /lower-case letters/],
    [
      'a probe of a port that is not there',
      [{ ...triton, readiness: { tcp: { port: 'x' } } }],
      /asks a port/,
    ],
    ['a probe of nothing', [{ ...triton, liveness: {} }], /does not say what is checked/],
    [
      'a probe in two ways',
      [{ ...triton, ports: [{ name: 'x' }], readiness: { tcp: { port: 'x' }, exec: { command: ['true'] } } }],
      /says it twice/,
    ],
    ['a probe without time', [{ ...triton, readiness: { log: { pattern: 'x' }, timeout: '0s' } }], /no time/],
    [
      'a pattern that is none',
      [{ ...triton, readiness: { log: { pattern: '(' } } }],
      /no regular expression/,
    ],
    [
      'a probe before payloads',
      [{ ...once, readiness: { log: { pattern: 'x' } } }],
      /only a service that stays/,
    ],
    [
      'a range of ports that ends early',
      [{ ...triton, ports: [{ name: 'x', from: 9, to: 8 }] }],
      /ends before/,
    ],
    ['results beside payloads', [{ ...triton, results: [result] }], /runs to its end has results/],
    ['a result from nowhere', [{ ...once, results: [{ attribute: 'Score' }] }], /does not say where/],
    ['a cache of nothing', [{ ...once, cacheFor: '1d' }], /nothing to cache/],
    [
      'a result with the name of something else',
      [{ ...once, results: [{ ...result, attribute: 'Memory' }] }],
      /have an attribute Memory already/,
    ],
    [
      'a template that stands for nothing',
      [{ ...triton, args: ['{{port.x}}'] }],
      /\{\{port\.x\}\} stands for nothing/,
    ],
    ['all cores', [{ ...triton, resources: { cpus: 4 } }], /take all cores/],
    ['all memory', [{ ...triton, resources: { memory: '4Gi' } }], /take all memory/],
    ['GPUs that are not there', [{ ...triton, resources: { gpus: 1 } }], /more GPUs than/],
    ['an instance for each of no GPUs', [{ ...triton, instances: 'PerGpu' }], /they have none/],
  ])('are refused with %s', (_what, services, message) => {
    expect(blamed(services)).toEqual([expect.stringMatching(message)]);
  });

  it('that run before payloads may use all of the pilot', () => {
    expect(blamed([{ ...once, resources: { cpus: 4, memory: '4Gi' } }])).toEqual([]);
  });
});
