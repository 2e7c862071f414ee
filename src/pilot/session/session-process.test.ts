import { open } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { SessionProcess } from './session-process.ts';

it('a session that cannot be started, because the environment of its payload is too large, keeps no namespace open', async () => {
  const namespace = await open('/proc/self/ns/user');
  const make = () =>
    new SessionProcess({
      joinable: { namespaces: [namespace], environment: new Map([['HUGE', 'x'.repeat(2 ** 20)]]) },
      program: '/bin/true',
      owner: '/nowhere',
      guardian: { add: () => {}, drop: () => {} },
      clock: systemClock,
      command: ['/bin/sh'],
      environment: new Map(),
      terminal: undefined,
      bounds: { processes: 0, openFiles: 100 },
      output: () => {},
      ended: () => {},
    });
  expect(make).toThrow('E2BIG');
  await expect.poll(() => namespace.fd).toBe(-1);
});
