import { describe, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { Node, Pod } from '#kube/resource.ts';
import { examineCluster } from './cluster-doctor.ts';
import { nodeKinds } from './node-kinds.ts';

const node = (name: string, kernelVersion: string, more: object = {}): Node =>
  ({
    metadata: { name, labels: { 'node.kubernetes.io/instance-type': 'm5' } },
    spec: {},
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      nodeInfo: { architecture: 'amd64', kernelVersion, osImage: 'Debian', containerRuntimeVersion: 'c://2' },
    },
    ...more,
  }) as unknown as Node;

it('nodes are of one kind if a pilot cannot tell them apart, and nodes that run no pods are of none', () => {
  const nodes = [
    node('c', '6.1'),
    node('b', '6.12'),
    node('a', '6.12'),
    node('cordoned', '5.4', { spec: { unschedulable: true } }),
    node('lost', '5.4', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }),
  ];
  expect(nodeKinds(nodes)).toEqual([
    { name: 'amd64, kernel 6.12, Debian, c://2, m5', node: 'a', nodes: 2 },
    { name: 'amd64, kernel 6.1, Debian, c://2, m5', node: 'c', nodes: 1 },
  ]);
});

describe('a look at a cluster', () => {
  const options = { namespace: 'hello', image: 'glidein', seccompProfile: 'pilot.json' };
  const report = JSON.stringify([{ what: 'Apptainer', attributes: {}, verdict: 'good', evidence: 'ran' }]);

  /** A cluster with these nodes, whose pods end at once. */
  function cluster(nodes: readonly Node[], create = async (_pod: Pod) => {}) {
    const created: Pod[] = [];
    const deleted: string[] = [];
    const client = {
      list: async () => ({ items: nodes, resourceVersion: '1' }),
      create: async (_kind: unknown, pod: Pod) => {
        await create(pod);
        created.push(pod);
        return pod;
      },
      get: async () => ({ metadata: {}, status: { phase: 'Succeeded' } }),
      log: async () => `noise\n${report}\n`,
      delete: async (_kind: unknown, { name }: { name: string }) => void deleted.push(name),
    };
    const look = () => examineCluster(client as never, options, systemClock, new AbortController().signal);
    return { created, deleted, look };
  }

  it('makes two pods for each kind of nodes, at most ten kinds, and removes them', async () => {
    const nodes = Array.from({ length: 12 }, (_, index) => node(`n${index}`, `6.${index}`));
    const { created, deleted, look } = cluster(nodes);
    const { reports, left } = await look();
    expect(reports).toHaveLength(10);
    expect(left).toBe(2);
    expect(reports[0]?.trials).toEqual([
      { isolation: 'UserNamespace', findings: JSON.parse(report) },
      { isolation: 'Shared', findings: JSON.parse(report) },
    ]);
    expect(deleted.sort()).toEqual(created.map(({ metadata }) => metadata.name).sort());
    expect(created).toHaveLength(20);
  });

  it('reports a pod that is refused for what it is, and tries the other isolation', async () => {
    const { look } = cluster([node('a', '6.12')], async ({ spec }) => {
      if (spec?.hostUsers === false)
        throw new GlideinError('Forbidden', 'pods "x" is forbidden: violates PodSecurity "baseline"');
    });
    expect((await look()).reports[0]?.trials).toMatchObject([
      { problem: expect.stringContaining('violates PodSecurity') },
      { findings: [{ what: 'Apptainer' }] },
    ]);
  });

  it('names the right that is missing, and how to get it', async () => {
    const { look } = cluster([node('a', '6.12')], async () => {
      throw new GlideinError('Forbidden', 'pods is forbidden: User "u" cannot create resource "pods"');
    });
    await expect(look()).rejects.toMatchObject({
      code: 'Forbidden',
      message: 'Kubernetes does not let you create pods in the namespace hello',
      cure: expect.stringContaining('kubectl create -n hello role glidein-doctor --verb=create,get,delete'),
    });
  });
});
