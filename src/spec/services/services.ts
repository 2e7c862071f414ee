import { keyedList } from '../list.ts';
import { withRules } from '../rule.ts';
import { type Service, service } from './service.ts';

/** The most services of a pilot. */
const most = 8;

const isAfterItsDependencies = (all: readonly Pick<Service, 'name' | 'dependsOn'>[]): boolean =>
  all.every(({ dependsOn }, index) =>
    dependsOn.every((name) => all.slice(0, index).some((before) => before.name === name)),
  );

/**
 * The same in CEL, place by place: there is no cheap way to ask for the place of an entry, and the API server refuses rules that
 * might be expensive.
 */
const afterDependencies = Array.from({ length: most }, (_, place) => {
  const before = Array.from({ length: place }, (_each, earlier) => `self[${earlier}].name == name`);
  const holds = place === 0 ? 'false' : before.join(' || ');
  return `(self.size() <= ${place} || self[${place}].dependsOn.all(name, ${holds}))`;
}).join(' && ');

/**
 * The services of a pilot. Each stands behind those that it depends on: that is the order in which they start, and it has no
 * cycles.
 */
export const services = withRules(keyedList(service, 'name', most), [
  {
    cel: afterDependencies,
    message:
      'a service depends on itself, on one that does not stand before it, or on one that does not exist',
    cure: 'write each service behind those that it depends on, for a cycle of them can never start',
    holds: isAfterItsDependencies,
  },
])
  .default([])
  .describe('Programs that run beside payloads in containers of their own, or before them.');
