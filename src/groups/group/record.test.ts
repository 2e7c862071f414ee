import { describe, expect, it } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import type { PoolDemand } from '#fleet/pool-demand.ts';
import type { Happening } from '#kube/event.ts';
import type { Pod } from '#kube/resource.ts';
import type { Span, Tracing } from '#telemetry/span.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { knownFor, pilotSupply, unknownDemand } from '#testing/pool-answers.ts';
import type { GroupResource } from '../cluster/resources.ts';
import { BadNodes } from '../pilots/bad-nodes.ts';
import { PilotHistory } from '../pilots/history.ts';
import { observe } from '../pilots/observe.ts';
import { StartUps } from '../pilots/start-up.ts';
import { recordPilots } from './record.ts';

const silent = unknownDemand;

const hearing = (...uids: string[]): PoolDemand =>
  knownFor(1, ...uids.map((uid) => pilotSupply(uid, 'g', 'Idle')));

function world() {
  const clock = new ManualClock();
  const history = new PilotHistory();
  const startUps = new StartUps();
  const badNodes = new BadNodes();
  const failures: string[] = [];
  const failedOn: (string | undefined)[] = [];
  const group = { metadata: { name: 'g', namespace: 'ns' } } as GroupResource;
  const spec = glideinGroupSpec.parse({
    poolRef: { name: 'p' },
    replicas: 1,
    pilot: { cpus: 1, memory: '1Gi' },
    badNodes: { avoidFor: '1h' },
  });
  const spans: Span[] = [];
  const tracing: Tracing = {
    samples: () => true,
    record: (span) => void spans.push(span),
    close: async () => {},
  };
  const services = {
    tracing,
    clock,
    logger: { info: () => {} },
    recorder: { record: (_kind: unknown, _object: unknown, { note }: Happening) => void failures.push(note) },
    groupMetrics: {
      failed: () => {},
      failedOn: (node: string | undefined) => void failedOn.push(node),
      lost: () => {},
      started: () => {},
    },
  };
  const observed = (demand: PoolDemand, ...pods: Pod[]) =>
    observe(pods, { poolName: 'ns/p', poolOf: () => 'ns/p', demandOf: () => demand, history, clock });
  const look = (demand: PoolDemand, ...pods: Pod[]) =>
    recordPilots({ group, spec }, observed(demand, ...pods), { history, startUps, badNodes }, services);
  const at = (secondsAgo: number) => new Date(clock.wall() - secondsAgo * 1000).toISOString();
  const pod = (uid: string, state: object, phase = 'Running'): Pod =>
    ({
      metadata: {
        name: uid,
        uid,
        creationTimestamp: at(9000),
        annotations: { 'glidein.dev/traceparent': traceparent },
      },
      spec: { nodeName: `node-of-${uid}` },
      status: { phase, containerStatuses: [{ name: 'pilot', state }] },
    }) as unknown as Pod;
  const running = (uid: string, secondsAgo: number) => pod(uid, { running: { startedAt: at(secondsAgo) } });
  const ended = (uid: string, exitCode: number, secondsAgo: number, lasted = 5) => {
    const terminated = {
      exitCode,
      finishedAt: at(secondsAgo),
      startedAt: at(secondsAgo + lasted),
      message: 'why',
    };
    return pod(uid, { terminated }, exitCode === 0 ? 'Succeeded' : 'Failed');
  };
  const avoided = () => badNodes.toAvoid(3_600_000, clock.monotonic());
  return { history, avoided, failures, failedOn, look, observed, running, ended, spans, clock };
}

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const failed = (history: PilotHistory): boolean[] => history.starts.all.map((each) => each.failed);

describe('recordPilots', () => {
  it('a pilot that failed before it registered is counted once', () => {
    const { history, look, ended, failures } = world();
    look(silent, ended('a', 9, 10));
    look(silent, ended('a', 9, 10));
    expect(failed(history)).toEqual([true]);
    expect(history.lastFailure).toBe('a on node-of-a: why (exit code 9)');
    expect(failures).toEqual(['A pilot failed: a on node-of-a: why (exit code 9)']);
  });

  it('a pilot that fails after it registered does not count against its group', () => {
    const { history, look, running, ended } = world();
    look(hearing('a'), running('a', 100));
    look(hearing(), ended('a', 137, 1));
    expect(failed(history)).toEqual([]);
    expect(history.lastFailure).toContain('exit code 137');
  });

  it('a node on which a pilot has found out that payloads cannot run is avoided, and named with the last failure', () => {
    const { history, avoided, look, running, ended } = world();
    look(hearing('a', 'b'), running('a', 100), running('b', 100));
    look(hearing(), ended('b', 137, 2), ended('a', 9, 1), ended('c', 0, 1), ended('d', 9, 4000));
    expect(history.lastFailure).toBe('a on node-of-a: why (exit code 9)');
    expect(avoided()).toEqual(['node-of-a']);
  });

  it('a restarted operator finds in the pods which pilots started and which failed, in order of time', () => {
    const { history, look, running, ended } = world();
    look(hearing('new'), ended('c', 9, 10), running('new', 50), ended('a', 9, 100), ended('b', 9, 20));
    expect(failed(history)).toEqual([true, true]);
    const [first, second] = history.starts.all;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(10_000);
  });

  it('a pilot that ran for longer than the deadline for registering counts as registered', () => {
    const { history, look, ended } = world();
    look(silent, ended('a', 137, 10, 3600));
    expect(failed(history)).toEqual([]);
  });

  it('pods that are gone are forgotten', () => {
    const { history, look, running } = world();
    look(hearing('a'), running('a', 10));
    look(silent);
    expect(history.registeredAt('a')).toBeUndefined();
    expect(history.count('a', 0, false)).toBe(true);
  });

  it('observing pilots records nothing', () => {
    const { history, observed, running } = world();
    expect(observed(hearing('a'), running('a', 10))[0]?.everRegistered).toBe(true);
    expect(history.registeredAt('a')).toBeUndefined();
  });

  it('a pod has its spans once its pilot has registered, each once, below that of its annotation', () => {
    const { look, running, spans, clock } = world();
    look(silent, running('a', 100));
    expect(spans).toEqual([]);
    look(hearing('a'), running('a', 100));
    look(hearing('a'), running('a', 100));
    const now = clock.wall();
    expect(spans.map(({ name, start, end }) => [name, now - start, now - end])).toEqual([
      ['pull image and start', 9_000_000, 100_000],
      ['pod', 9_000_000, 0],
    ]);
    const [start, pod] = spans;
    expect(pod).toMatchObject({
      self: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' },
      attributes: { 'glidein.group': 'g', 'k8s.node.name': 'node-of-a' },
      failure: undefined,
    });
    expect(start?.parent).toEqual(pod?.self);
    expect(pod?.parent).toBeUndefined();
  });

  it('the span of a pod whose pilot never registered says why', () => {
    const { look, ended, spans } = world();
    look(silent, ended('a', 9, 10));
    expect(spans).toMatchObject([{ name: 'pod', failure: 'why (exit code 9)' }]);
  });
});
