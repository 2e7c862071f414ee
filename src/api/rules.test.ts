import { describe, expect, it } from 'vitest';
import { glideinGroupSpec } from './glidein-group.ts';
import { glideinPoolSpec } from './glidein-pool.ts';
import { pressurePolicySpec } from './pressure-policy.ts';

const group = (more: object) =>
  glideinGroupSpec.safeParse({
    poolRef: { name: 'p' },
    replicas: 1,
    pilot: { cpus: 1, memory: '1Gi' },
    ...more,
  });

const blamed = (result: ReturnType<typeof group> | ReturnType<typeof glideinPoolSpec.safeParse>) =>
  result.error?.issues.map((issue) => issue.path.join('.')) ?? [];

describe('the schema', () => {
  it('of a group accepts exactly one of replicas and pressurePolicyRef', () => {
    expect(blamed(group({}))).toEqual([]);
    expect(blamed(group({ replicas: undefined, pressurePolicyRef: { name: 'x' } }))).toEqual([]);
    expect(blamed(group({ pressurePolicyRef: { name: 'x' } }))).toEqual(['']);
    expect(blamed(group({ replicas: undefined }))).toEqual(['']);
    expect(blamed(group({ replicas: 0 }))).toEqual([]);
  });

  it.each([
    [{ type: 'Embedded' }, true],
    [{ type: 'Embedded', embedded: {} }, true],
    [{ type: 'Embedded', embedded: { accounting: { groups: [{ name: 'atlas', cores: 10 }] } } }, true],
    [{ type: 'Embedded', embedded: { accounting: {} } }, true],
    [{ type: 'Remote', remote: { address: 'https://pool.example.org', site: 's' } }, false],
    [{ type: 'Remote' }, false],
    [{ type: 'Remote', embedded: {} }, false],
    [{ type: 'Embedded', remote: { address: 'https://pool.example.org', site: 's' } }, false],
    [{ type: 'HTCondor', htcondor: { collectors: ['cm'], trustDomain: 'x' } }, false],
    [{ type: 'HTCondor', embedded: {}, htcondor: { collectors: ['cm'], trustDomain: 'x' } }, false],
  ])('accepts the pool %o: %o', (spec, right) => {
    expect(glideinPoolSpec.safeParse(spec).success).toBe(right);
  });

  it('refuses pools of unsupported types, with what to write instead', () => {
    const advice = (spec: object) =>
      glideinPoolSpec.safeParse(spec).error?.issues.map((issue) => [issue.path.join('.'), issue.message]) ??
      [];
    const message = 'pools of the types Remote and HTCondor are not supported yet';
    const remote = { address: 'https://pool.example.org', site: 's' };
    expect(advice({ type: 'Remote', remote })).toEqual([
      ['type', message],
      ['remote', message],
    ]);
    expect(advice({ type: 'HTCondor' })).toEqual([['type', message]]);
  });

  it('of a policy requires a rank exactly when groups are ordered by rank', () => {
    const order = (groupOrder: object) => pressurePolicySpec.safeParse({ groupOrder }).success;
    expect([order({}), order({ mode: 'Rank', rank: '0 - Cost' })]).toEqual([true, true]);
    expect([order({ mode: 'Rank' }), order({ rank: '1' })]).toEqual([false, false]);
  });

  it.each([
    [{ downtimes: [{ name: 'd', schedule: '0 6 * * 1', duration: '4h' }] }],
    [{ quarantine: { mode: 'Avoid' } }],
    [{ pilot: { cpus: 1, memory: '1Gi', runtime: { mode: 'Direct', warm: { images: 1 } } } }],
  ])('of a group refuses what would have no effect: %o', (more) => {
    expect(group(more).success).toBe(false);
  });

  it('of a policy refuses a strategy that is not implemented', () => {
    expect(pressurePolicySpec.safeParse({ strategy: 'Classic' }).success).toBe(false);
    expect(pressurePolicySpec.safeParse({ classic: { reserve: 3 } }).success).toBe(false);
  });

  it('accepts only volumes of one kind each, and only mounts of existing volumes', () => {
    const template = (spec: object) => blamed(group({ template: { spec } }));
    const volumes = [{ name: 'v', cvmfs: {} }];
    expect(template({ volumes, volumeMounts: [{ name: 'v', mountPath: '/cvmfs' }] })).toEqual([]);
    expect(template({ volumes, volumeMounts: [{ name: 'w', mountPath: '/cvmfs' }] })).toEqual([
      'template.spec.volumeMounts',
    ]);
    expect(template({ volumes: [{ name: 'v' }] })).toEqual(['template.spec.volumes.0']);
    expect(template({ volumes: [{ name: 'v', emptyDir: {}, cvmfs: {} }] })).toEqual([
      'template.spec.volumes.0',
    ]);
  });

  it('gives no group access to the node: no host path, no path out of /cvmfs, no service account, no security context', () => {
    const refused = [
      { volumes: [{ name: 'v', hostPath: { path: '/' } }] },
      { volumes: [{ name: 'v', cvmfs: { path: '/cvmfs/../etc' } }] },
      { volumes: [{ name: 'v', cvmfs: { path: '/etc' } }] },
      { serviceAccountName: 'operator' },
      { securityContext: {} },
      { hostNetwork: true },
      { containers: [] },
    ];
    for (const spec of refused) expect(blamed(group({ template: { spec } }))).not.toEqual([]);
  });

  it('reserves the operator’s labels for the operator', () => {
    const labels = (key: string) => blamed(group({ template: { metadata: { labels: { [key]: 'x' } } } }));
    expect(labels('glidein.dev/group')).toEqual(['template.metadata.labels']);
    expect(labels('example.org/team')).toEqual([]);
  });

  it('accepts its own output: defaults are valid and are not changed again', () => {
    const spec = glideinGroupSpec.parse({
      poolRef: { name: 'p' },
      replicas: 1,
      pilot: { cpus: 1, memory: '1Gi' },
    });
    expect(glideinGroupSpec.parse(spec)).toEqual(spec);
    const policy = pressurePolicySpec.parse({});
    expect(pressurePolicySpec.parse(policy)).toEqual(policy);
    expect(policy.strategy).toBe('Packing');
    expect(policy.removal).toEqual({ mode: 'Idle', wait: 3, margin: 0 });
  });
});
