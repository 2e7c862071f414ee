import { describe, expect, it } from 'vitest';
import type { Pod } from '#kube/resource.ts';
import { proofOfDeath, wasDisrupted } from './end.ts';
import { podState } from './state.ts';

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString();

interface Parts {
  readonly status?: object;
  readonly spec?: object;
  readonly metadata?: object;
}

const pod = ({ status, spec, metadata }: Parts): Pod =>
  ({ metadata: { name: 'g-0', creationTimestamp: at(0), ...metadata }, spec, status }) as Pod;

const container = (state: object, more: object = {}) => ({
  containerStatuses: [{ name: 'pilot', state, ...more }],
});

const onNode = { conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at(1) }] };

const ended = (terminated: object, phase = 'Failed') =>
  pod({ status: { phase, ...container({ terminated: { finishedAt: at(9), ...terminated } }) } });

describe('podState', () => {
  it.each<[string, Parts, string, string | undefined]>([
    ['nothing is known', {}, 'Unscheduled', at(0)],
    ['a queue holds it', { spec: { schedulingGates: [{ name: 'kueue' }] } }, 'Unscheduled', undefined],
    ['it has a node', { status: onNode }, 'Pulling', at(1)],
    [
      'its image fails',
      { status: { ...onNode, ...container({ waiting: { reason: 'ErrImagePull' } }, { imageID: '' }) } },
      'Pulling',
      at(1),
    ],
    [
      'its image is there',
      { status: { ...onNode, ...container({ waiting: {} }, { imageID: 'sha256:1' }) } },
      'Starting',
      at(1),
    ],
    [
      'its container cannot be made',
      { status: { ...onNode, ...container({ waiting: { reason: 'CreateContainerError' } }) } },
      'Starting',
      at(1),
    ],
    ['it runs', { status: { ...onNode, ...container({ running: { startedAt: at(3) } }) } }, 'Running', at(3)],
    [
      'it is told to end',
      { metadata: { deletionTimestamp: at(5) }, status: container({ running: { startedAt: at(3) } }) },
      'Terminating',
      at(5),
    ],
  ])('the state of a pod is known when %s', (_, parts, state, since) => {
    const found = podState(pod(parts));
    expect(found.runtime.state).toBe(state);
    expect(found.since).toBe(since === undefined ? undefined : Date.parse(since));
  });

  it('the termination message of a pilot is the reason of its end', () => {
    const refused = ended({ exitCode: 9, reason: 'Error', message: 'no user namespaces\n' });
    expect(podState(refused)).toEqual({
      runtime: { state: 'Ended', failed: true, reason: 'no user namespaces (exit code 9)' },
      since: Date.parse(at(9)),
    });
    const left = ended({ exitCode: 0, reason: 'Completed', message: 'idle for 20m' }, 'Succeeded');
    expect(podState(left).runtime).toEqual({ state: 'Ended', failed: false, reason: 'idle for 20m' });
    const killed = ended({ exitCode: 137, reason: 'OOMKilled' });
    expect(podState(killed).runtime).toMatchObject({ failed: true, reason: 'OOMKilled, exit code 137' });
  });

  it('a pilot that was told to end has not failed', () => {
    const told = ended({ exitCode: 143 });
    const metadata = { ...told.metadata, deletionTimestamp: at(8) };
    expect(podState({ ...told, metadata }).runtime).toMatchObject({ state: 'Ended', failed: false });
  });

  it('a pod that the cluster evicted is known as disrupted', () => {
    const evicted = pod({ status: { phase: 'Failed', reason: 'Evicted', message: 'low on memory.' } });
    expect(podState(evicted).runtime).toMatchObject({ failed: true, reason: 'Evicted: low on memory.' });
    expect(wasDisrupted(evicted)).toBe(true);
    expect(wasDisrupted(pod({ status: { phase: 'Failed', reason: 'OutOfcpu' } }))).toBe(true);
    expect(wasDisrupted(ended({ exitCode: 1, reason: 'Error' }))).toBe(false);
  });
});

it('only the kubelet’s word proves a death', () => {
  expect(proofOfDeath(ended({ exitCode: 0 }))).toContain('exit code 0');
  expect(proofOfDeath(pod({ status: { phase: 'Failed', reason: 'NodeLost' } }))).toBeUndefined();
  const deleted = pod({ metadata: { deletionTimestamp: at(1) }, status: container({ running: {} }) });
  expect(proofOfDeath(deleted)).toBeUndefined();
});
