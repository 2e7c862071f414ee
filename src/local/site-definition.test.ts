import { describe, expect, it } from 'vitest';
import { defineSite } from './site-definition.ts';

const doc = (kind: string, name: string, spec: unknown) =>
  JSON.stringify({ apiVersion: 'glidein.dev/v1alpha1', kind, metadata: { name }, spec });
const pool = (name = 'p', spec: unknown = { type: 'Embedded' }) => doc('GlideinPool', name, spec);
const policy = (name: string, spec: unknown = {}) => doc('PressurePolicy', name, spec);
const group = (name: string, more: Record<string, unknown> = {}, pilot: Record<string, unknown> = {}) =>
  doc('GlideinGroup', name, {
    poolRef: { name: 'p' },
    replicas: 1,
    pilot: { cpus: 1, memory: '1Gi', disk: '1Gi', ...pilot },
    ...more,
  });

const define = (...docs: string[]) =>
  defineSite([{ file: 'site.yaml', text: docs.join('\n---\n') }], { cpus: 8, memory: 2 ** 31 });
const names = (site: ReturnType<typeof define>) => site.groups.map(({ name }) => name);
const problems = (site: ReturnType<typeof define>) => site.problems.map((problem) => problem.describe());

it('a site takes groups with replicas and groups with a policy', () => {
  const site = define(
    pool(),
    policy('calm'),
    group('a'),
    group('b', { replicas: undefined, pressurePolicyRef: { name: 'calm' } }),
  );
  expect(site.pool).toBe('p');
  expect(site.groups.map(({ name, policy: own }) => [name, own?.name])).toEqual([
    ['a', undefined],
    ['b', 'calm'],
  ]);
  expect(site.problems).toEqual([]);
});

it('the pool of a site has the limits and the accounting that its resource names', () => {
  const accounting = { halfLife: '1h', groups: [{ name: 'atlas', cores: 3, surplus: false }] };
  const concurrencyLimits = [{ name: 'licence', limit: 2 }];
  const embedded = { accounting, concurrencyLimits, filesPerOwner: '5Gi' };
  const site = define(pool('p', { type: 'Embedded', embedded }));
  expect(site.problems).toEqual([]);
  expect(site.poolSpec).toEqual({ issuers: [], ...embedded });
});

describe('what is wrong is reported with its place, and the rest goes on', () => {
  const uses = (name: string) => ({ replicas: undefined, pressurePolicyRef: { name } });

  it.each([
    [
      'a policy whose constraint does not parse',
      policy('x', { jobs: 'Owner ==' }),
      uses('x'),
      /^site\.yaml:5:\d+: PressurePolicy "x": spec\.jobs: /,
    ],
    [
      'a policy that is not there',
      policy('y'),
      uses('z'),
      /names the PressurePolicy "z", which does not exist/,
    ],
  ])('%s', (_, bad, use, text) => {
    const site = define(pool(), group('good'), bad, group('b', use));
    expect(names(site)).toEqual(['good']);
    expect(problems(site)).toEqual([expect.stringMatching(text)]);
  });

  it('a pilot larger than the machine', () => {
    const site = define(pool(), group('good'), group('b', {}, { memory: '64Gi' }));
    expect(names(site)).toEqual(['good']);
    expect(problems(site)).toEqual([
      expect.stringMatching(
        /^site\.yaml:5:\d+: .*needs 64Gi, but this machine has 2Gi for pilots; write at most 2Gi, or allow more with --memory$/,
      ),
    ]);
  });

  it('a start expression that does not parse', () => {
    const site = define(pool(), group('good'), group('b', {}, { start: 'Owner ==' }));
    expect(names(site)).toEqual(['good']);
    expect(problems(site)).toEqual([expect.stringMatching(/^site\.yaml:5:\d+: spec\.pilot: /)]);
  });

  it('a second pool, and a pool that is no embedded one', () => {
    const site = define(pool(), pool('q'), group('good'), group('b', { poolRef: { name: 'q' } }));
    expect(names(site)).toEqual(['good']);
    expect(problems(site)).toEqual([
      expect.stringContaining('one pool runs here at a time, and "p" came first'),
    ]);
    const remote = define(
      pool('p', { type: 'HTCondor', htcondor: { collectors: ['c.example'] } }),
      group('a'),
    );
    expect(remote.pool).toBeUndefined();
    expect(remote.groups).toEqual([]);
    expect(remote.problems.length).toBeGreaterThan(0);
  });

  it('a pilot with more cores than the machine is made as large as the machine, and that is said', () => {
    const site = define(pool(), group('large', {}, { cpus: 64 }), group('small'));
    expect(site.groups.map(({ spec }) => spec.pilot.cpus)).toEqual([8, 1]);
    expect(site.notes).toEqual([
      'pilots of "large" offer 8 cores instead of 64, because this machine has no more; --cores sets another number',
    ]);
    expect(site.problems).toEqual([]);
  });

  it('an issuer whose tokens would speak for this site', () => {
    const roles = [{ claim: 'sub', value: 'op', role: 'Operator' }];
    const issuer = (name: string) => ({ name, issuer: 'https://a.example', audiences: ['p'], roles });
    const trustedIssuers = [issuer('local'), issuer('cern')];
    const site = define(pool('p', { type: 'Embedded', embedded: { trustedIssuers } }), group('good'));
    expect(site.poolSpec.issuers.map(({ name }) => name)).toEqual(['cern']);
    expect(problems(site)).toEqual([
      expect.stringMatching(
        /^site\.yaml:1:\d+: spec\.embedded\.trustedIssuers: "local" is the name of this site/,
      ),
    ]);
  });

  it('a file that is no YAML', () => {
    const site = defineSite(
      [
        { file: 'bad.yaml', text: 'kind: [' },
        { file: 'site.yaml', text: [pool(), group('good')].join('\n---\n') },
      ],
      { cpus: 8, memory: 2 ** 31 },
    );
    expect(names(site)).toEqual(['good']);
    expect(problems(site)[0]).toMatch(/^bad\.yaml:1:/);
  });
});
