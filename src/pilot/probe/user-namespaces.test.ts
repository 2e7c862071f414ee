import { expect, it } from 'vitest';
import type { KernelSettings } from './kernel-settings.ts';
import { cureOf, userNamespaces } from './user-namespaces.ts';

const settings: KernelSettings = {
  seccomp: 0,
  maxUserNamespaces: 1000,
  maxNetNamespaces: 1000,
  appArmorRestricts: undefined,
  usersMayClone: undefined,
  confinement: undefined,
  maskedProc: 0,
};

const refused = { code: 1, output: 'unshare: unshare failed: Operation not permitted' };

it.each([
  [{ maxUserNamespaces: 0 }, 'sysctl -w user.max_user_namespaces=15000'],
  [{ usersMayClone: 0 }, 'sysctl -w kernel.unprivileged_userns_clone=1'],
  [{ seccomp: 2 }, 'pilotSeccompProfile=glidein-pilot.json'],
  [{ appArmorRestricts: 1 }, 'with the line "userns,"'],
  [{}, 'SELinux'],
])('the cure for forbidden user namespaces with %j is the least change: %s', (change, cure) => {
  expect(cureOf({ ...settings, ...change })).toContain(cure);
  expect(userNamespaces(refused, { ...settings, ...change }).cure).toContain(cure);
});

it('the evidence says what was run, what it said, and what the kernel’s settings are', () => {
  expect(userNamespaces(refused, { ...settings, seccomp: 2 })).toMatchObject({
    attributes: { HasUserNamespaces: false },
    verdict: 'bad',
    evidence:
      'unshare -Urm true exited with 1 (unshare: unshare failed: Operation not permitted); user.max_user_namespaces 1000, seccomp mode 2',
  });
});

it('without a program to try them, nothing is said of user namespaces: Apptainer shows it', () => {
  const found = userNamespaces({ code: undefined, output: 'ENOENT', missing: true }, settings);
  expect(found).toMatchObject({ attributes: {}, verdict: 'good' });
});
