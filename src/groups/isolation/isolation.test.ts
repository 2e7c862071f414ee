import { describe, expect, it } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import type { ProvedIsolation } from '#api/glidein-group-status.ts';
import type { Pod } from '#kube/resource.ts';
import { refusalFault } from '../pods/faults.ts';
import { type IsolationFacts, isolationOf, probeName } from './isolation.ts';

const spec = glideinGroupSpec.parse({
  poolRef: { name: 'p' },
  replicas: 1,
  pilot: { cpus: 1, memory: '1Gi' },
});
const now = Date.UTC(2026, 0, 2);
const hour = 3_600_000;
const a = probeName('g', 'd1', 'UserNamespace');
const b = probeName('g', 'd1', 'Shared');

const cures = { namespace: 'atlas', spec, seccompProfile: undefined };
const podSecurity = refusalFault(
  'pods "p" is forbidden: violates PodSecurity "baseline:latest": seccompProfile',
  cures,
);

const facts = (more: Partial<IsolationFacts> = {}): IsolationFacts => ({
  declared: 'Auto',
  recorded: undefined,
  digest: 'd1',
  probes: new Map(),
  refused: new Map(),
  reported: new Map(),
  cures,
  group: 'g',
  now,
  ...more,
});

const ended = (name: string, exitCode: number, message: string): [string, Pod] => [
  name,
  {
    metadata: { name, creationTimestamp: new Date(now).toISOString() },
    status: {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: [{ name: 'pilot', state: { terminated: { exitCode, message, reason: 'Error' } } }],
    },
  } as unknown as Pod,
];

const waits = (name: string): [string, Pod] => [name, { metadata: { name } } as Pod];

const recorded = (tier: ProvedIsolation['tier'], hoursAgo: number, template = 'd1'): ProvedIsolation => ({
  tier,
  template,
  provedAt: new Date(now - hoursAgo * hour).toISOString(),
});

const works = '{"tier":"A","arch":"x64","kernel":"6.18"}';

describe('isolationOf', () => {
  it('a declared isolation is taken without a probe', () => {
    const found = isolationOf(facts({ declared: 'Shared', probes: new Map([waits(a)]) }));
    expect(found).toMatchObject({ tier: 'Shared', create: undefined, record: undefined, remove: [a] });
  });

  it('the better isolation is probed first, and its verdict awaited', () => {
    expect(isolationOf(facts())).toMatchObject({ tier: undefined, create: 'UserNamespace' });
    const waiting = isolationOf(facts({ probes: new Map([waits(a)]) }));
    expect(waiting).toMatchObject({ tier: undefined, create: undefined, remove: [] });
    expect(waiting.blocker?.message).toBe(
      `Isolation is still being probed: the probe pod ${a} is Unscheduled`,
    );
  });

  it('what a probe has proved is kept, with the kind of node', () => {
    const found = isolationOf(facts({ probes: new Map([ended(a, 0, works)]) }));
    expect(found).toMatchObject({
      tier: 'UserNamespace',
      record: { tier: 'UserNamespace', template: 'd1', node: 'x64, kernel 6.18' },
      remove: [a],
    });
    expect(found.record?.provedAt).toBe('2026-01-02T00:00:00.000Z');
  });

  it('the other isolation is probed when the API server or the node refuses the first', () => {
    expect(isolationOf(facts({ refused: new Map([['UserNamespace', podSecurity]]) })).create).toBe('Shared');
    const failed = ended(a, 9, 'no user namespaces');
    expect(isolationOf(facts({ probes: new Map([failed]) })).create).toBe('Shared');
    const found = isolationOf(facts({ probes: new Map([failed, ended(b, 0, works)]) }));
    expect(found).toMatchObject({ tier: 'Shared', remove: [a, b] });
    expect(found.record?.message).toContain('no user namespaces');
  });

  it('when no isolation works, the condition says what to change, in the probe’s words', () => {
    const probes = new Map([ended(a, 9, 'not allowed to make a user namespace')]);
    const failed = ended(b, 9, 'Failed to create user namespace: not allowed to create user namespace');
    const found = isolationOf(facts({ probes: new Map([...probes, failed]) }));
    expect(found).toMatchObject({ tier: undefined, record: { tier: 'None' } });
    expect(found.blocker?.message).toContain('not allowed to make a user namespace');
    expect(found.blocker?.message).toContain('seccomp');
  });

  it('a Pod Security level that admits no isolation is named, and asked again', () => {
    const refused = new Map([
      ['UserNamespace', podSecurity],
      ['Shared', podSecurity],
    ]);
    const found = isolationOf(facts({ refused }));
    expect(found).toMatchObject({ tier: undefined, record: undefined, blocker: { reason: 'PodSecurity' } });
    expect(found.blocker?.message).toContain('which enforces baseline');
  });

  it('no other isolation is probed when the API server refuses every pod, and the cure is that refusal’s own', () => {
    const fault = refusalFault('pods "p" is forbidden: no PriorityClass with name low was found', cures);
    const found = isolationOf(facts({ refused: new Map([['UserNamespace', fault]]) }));
    expect(found).toMatchObject({ create: undefined, record: undefined, blocker: fault });
    expect(found.blocker?.message).not.toMatch(/seccomp/);
  });

  it('what keeps a probe pod from starting is named, whether its status or an Event reports it', () => {
    const pulling = {
      metadata: { name: a, uid: 'u' },
      spec: { nodeName: 'n' },
      status: {
        containerStatuses: [
          { name: 'pilot', state: { waiting: { reason: 'ErrImagePull', message: 'x: not found' } } },
        ],
      },
    } as unknown as Pod;
    const probes = new Map([[a, pulling]]);
    expect(isolationOf(facts({ probes })).blocker?.reason).toBe('ImageMissing');
    const reported = new Map([
      [
        'u',
        {
          reason: 'FailedToRetrieveImagePullSecret',
          message:
            'Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.',
        },
      ],
    ]);
    const blocker = isolationOf(facts({ probes, reported })).blocker;
    expect(blocker?.reason).toBe('PullSecretMissing');
    expect(blocker?.message).toContain('create the Secret regcred in the namespace atlas');
  });

  it('a proved isolation is believed for a day, a failed probe for ten minutes', () => {
    expect(isolationOf(facts({ recorded: recorded('Shared', 23) }))).toMatchObject({ tier: 'Shared' });
    const old = isolationOf(facts({ recorded: recorded('Shared', 25) }));
    expect(old).toMatchObject({ tier: 'Shared', create: 'UserNamespace' });
    expect(isolationOf(facts({ recorded: recorded('None', 0.1) })).create).toBeUndefined();
    expect(isolationOf(facts({ recorded: recorded('None', 0.2) })).create).toBe('UserNamespace');
  });

  it('an isolation that was proved with another template is not believed', () => {
    const found = isolationOf(facts({ recorded: recorded('Shared', 1, 'other') }));
    expect(found).toMatchObject({ tier: undefined, create: 'UserNamespace' });
  });

  it('a probe pod that the cluster evicted is replaced', () => {
    const evicted = { metadata: { name: a }, status: { phase: 'Failed', reason: 'Evicted' } } as Pod;
    const found = isolationOf(facts({ probes: new Map([[a, evicted]]) }));
    expect(found).toMatchObject({ tier: undefined, create: undefined, remove: [a] });
  });
});
