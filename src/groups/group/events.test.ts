import { expect, test } from 'vitest';
import { type Happening, happeningKey } from '#kube/event.ts';
import { type GroupResource, groups } from '../cluster/resources.ts';
import { tellEvents } from './events.ts';

const group = { metadata: { namespace: 'atlas', name: 'g', uid: 'u' } } as GroupResource;
const planned = { plan: {}, breaker: { state: 'Closed' }, isolation: undefined } as never;

/** How many Events these refusals become, one after the other. */
function eventsOf(refusals: readonly string[], reason = 'CreationRefused'): number {
  const told: Happening[] = [];
  const recorder = { record: (_: unknown, __: unknown, happening: Happening) => void told.push(happening) };
  for (const message of refusals)
    tellEvents(recorder, group, {
      created: 0,
      planned,
      lastFailure: undefined,
      refusal: { reason, message },
    });
  expect(told.map(({ note }) => note)).toEqual(refusals);
  return new Set(told.map((each) => happeningKey({ kind: groups, object: group }, each))).size;
}

const missing = (pod: string, name: string) =>
  `pods "${pod}" is forbidden: no PriorityClass with name ${name} was found; create the PriorityClass ${name}`;
const quota = (used: string, name = 'rq') =>
  `pods "g-7" is forbidden: exceeded quota: ${name}, requested: requests.cpu=500m, used: ${used}, limited: pods=20`;

test.each([
  ['another pod', [missing('g-0', 'low'), missing('g-3', 'low'), missing('g-12', 'low')]],
  ['other figures', [quota('pods=19'), quota('pods=20')]],
  [
    'other numbers of nodes',
    [
      'The probe pod g-probe has no node: 0/5 nodes are available: 5 Insufficient cpu',
      'The probe pod g-probe has no node: 0/12 nodes are available: 12 Insufficient cpu',
    ],
  ],
])('a fault that lasts is one Event, although the cluster names %s', (_, refusals) => {
  expect(eventsOf(refusals)).toBe(1);
});

test.each([
  ['PriorityClass', [missing('g-0', 'low'), missing('g-0', 'high')]],
  ['PriorityClass with a number', [missing('g-0', 'class-1'), missing('g-0', 'class-2')]],
  ['quota', [quota('pods=20', 'rq-1'), quota('pods=20', 'rq-2')]],
])('another %s is another Event', (_, refusals) => {
  expect(eventsOf(refusals)).toBe(2);
});
