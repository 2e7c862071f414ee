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
  it('takes what is declared, and proves nothing', () => {
    const found = isolationOf(facts({ declared: 'Shared', probes: new Map([waits(a)]) }));
    expect(found).toMatchObject({ tier: 'Shared', create: undefined, record: undefined, remove: [a] });
  });

  it('tries the better tier first, and waits for it', () => {
    expect(isolationOf(facts())).toMatchObject({ tier: undefined, create: 'UserNamespace' });
    const waiting = isolationOf(facts({ probes: new Map([waits(a)]) }));
    expect(waiting).toMatchObject({ tier: undefined, create: undefined, remove: [] });
    expect(waiting.blocker?.message).toBe(
      `Isolation is still being probed: the probe pod ${a} is Unscheduled`,
    );
  });

  it('keeps what the probe proved, and where', () => {
    const found = isolationOf(facts({ probes: new Map([ended(a, 0, works)]) }));
    expect(found).toMatchObject({
      tier: 'UserNamespace',
      record: { tier: 'UserNamespace', template: 'd1', node: 'x64, kernel 6.18' },
      remove: [a],
    });
    expect(found.record?.provedAt).toBe('2026-01-02T00:00:00.000Z');
  });

  it('goes on to the other tier when the first is refused by the API server or by the node', () => {
    expect(isolationOf(facts({ refused: new Map([['UserNamespace', podSecurity]]) })).create).toBe('Shared');
    const failed = ended(a, 9, 'no user namespaces');
    expect(isolationOf(facts({ probes: new Map([failed]) })).create).toBe('Shared');
    const found = isolationOf(facts({ probes: new Map([failed, ended(b, 0, works)]) }));
    expect(found).toMatchObject({ tier: 'Shared', remove: [a, b] });
    expect(found.record?.message).toContain('no user namespaces');
  });

  it('says what to change when nothing works, in the probe’s words', () => {
    const probes = new Map([ended(a, 9, 'not allowed to make a user namespace')]);
    const failed = ended(b, 9, 'Failed to create user namespace: not allowed to create user namespace');
    const found = isolationOf(facts({ probes: new Map([...probes, failed]) }));
    expect(found).toMatchObject({ tier: undefined, record: { tier: 'None' } });
    expect(found.blocker?.message).toContain('not allowed to make a user namespace');
    expect(found.blocker?.message).toContain('seccomp');
  });

  it('names the level of Pod Security that takes neither tier, and asks again instead of believing it', () => {
    const refused = new Map([
      ['UserNamespace', podSecurity],
      ['Shared', podSecurity],
    ]);
    const found = isolationOf(facts({ refused }));
    expect(found).toMatchObject({ tier: undefined, record: undefined, blocker: { reason: 'PodSecurity' } });
    expect(found.blocker?.message).toContain('which enforces baseline');
  });

  it('tries no other tier when the API server refuses every pod, and gives that fault’s own cure', () => {
    const fault = refusalFault('pods "p" is forbidden: no PriorityClass with name low was found', cures);
    const found = isolationOf(facts({ refused: new Map([['UserNamespace', fault]]) }));
    expect(found).toMatchObject({ create: undefined, record: undefined, blocker: fault });
    expect(found.blocker?.message).not.toMatch(/seccomp/);
  });

  it('names what keeps a probe pod from starting, by its status or by an Event', () => {
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

  it('believes a proof for a day, and a failure for a short time', () => {
    expect(isolationOf(facts({ recorded: recorded('Shared', 23) }))).toMatchObject({ tier: 'Shared' });
    const old = isolationOf(facts({ recorded: recorded('Shared', 25) }));
    expect(old).toMatchObject({ tier: 'Shared', create: 'UserNamespace' });
    expect(isolationOf(facts({ recorded: recorded('None', 0.1) })).create).toBeUndefined();
    expect(isolationOf(facts({ recorded: recorded('None', 0.2) })).create).toBe('UserNamespace');
  });

  it('does not believe what was proved with another template', () => {
    const found = isolationOf(facts({ recorded: recorded('Shared', 1, 'other') }));
    expect(found).toMatchObject({ tier: undefined, create: 'UserNamespace' });
  });

  it('repeats a probe that the cluster took away', () => {
    const evicted = { metadata: { name: a }, status: { phase: 'Failed', reason: 'Evicted' } } as Pod;
    const found = isolationOf(facts({ probes: new Map([[a, evicted]]) }));
    expect(found).toMatchObject({ tier: undefined, create: undefined, remove: [a] });
  });
});
