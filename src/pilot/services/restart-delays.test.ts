import { expect, it } from 'vitest';
import { pilotSpec } from '#spec/pilot.ts';
import { restartDelays } from './restart-delays.ts';

it('a service waits twice as long until each restart in a row, up to its longest wait', () => {
  const [service] = pilotSpec.parse({
    cpus: 1,
    memory: '1Gi',
    services: [{ name: 'a', image: 'i', restart: { backoff: '2s', maxBackoff: '5s' } }],
  }).services;
  const delays = restartDelays(service!, () => 1);
  expect([delays.next(), delays.next(), delays.next(), delays.next()]).toEqual([2000, 4000, 5000, 5000]);
  delays.reset();
  expect(delays.next()).toBe(2000);
});
